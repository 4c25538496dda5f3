"""The optimiser of both trainings: orthogonalised momentum for matrices and kernels, AdamW for everything else."""
import torch

# Newton-Schulz coefficients of Jordan et al. 2024, "Muon: an optimizer for hidden layers".
QUINTIC = (3.4445, -4.7750, 2.0315)
EPSILON = 1e-7


def orthogonalised(matrix: torch.Tensor, steps: int = 5) -> torch.Tensor:
    """The matrix [M, N] with its singular values moved close to 1."""
    first, second, third = QUINTIC
    tall = matrix.shape[0] > matrix.shape[1]
    result = matrix.T if tall else matrix
    # bf16 is three times as fast, and its error is small beside what five iterations leave.
    result = (result / (result.norm() + EPSILON)).bfloat16()
    for _ in range(steps):
        gram = result @ result.T
        polynomial = torch.addmm(gram, gram, gram, beta=second, alpha=third)
        result = torch.addmm(result, polynomial, result, beta=first)
    return (result.T if tall else result).float()


class Muon(torch.optim.Optimizer):
    """Steps groups with `orthogonal=True` along orthogonalised momentum, and others as AdamW does.

    A kernel [out, in, ...] counts as the matrix [out, rest]. Each group may set lr, momentum, betas, weight_decay.
    """

    def __init__(self, groups):
        super().__init__(groups, dict(lr=1e-3, orthogonal=False, momentum=0.95, betas=(0.9, 0.95), weight_decay=0.0))

    @torch.no_grad()
    def step(self):
        """Moves every parameter that has a gradient."""
        for group in self.param_groups:
            move = self._orthogonal_step if group["orthogonal"] else self._adam_step
            for parameter in group["params"]:
                if parameter.grad is not None:
                    parameter.mul_(1.0 - group["lr"] * group["weight_decay"])
                    move(parameter, group)

    def _orthogonal_step(self, parameter, group):
        momentum = self.state[parameter].setdefault("momentum", torch.zeros_like(parameter))
        momentum.lerp_(parameter.grad, 1.0 - group["momentum"])
        ahead = parameter.grad.lerp(momentum, group["momentum"])
        direction = orthogonalised(ahead.flatten(1))
        # Wide and tall matrices then change their outputs by as much as square ones do.
        scale = max(1.0, direction.shape[0] / direction.shape[1]) ** 0.5
        parameter.add_(direction.reshape(parameter.shape), alpha=-group["lr"] * scale)

    def _adam_step(self, parameter, group):
        state = self.state[parameter]
        if not state:
            state.update(step=0, mean=torch.zeros_like(parameter), square=torch.zeros_like(parameter))
        state["step"] += 1
        slow, slower = group["betas"]
        state["mean"].lerp_(parameter.grad, 1.0 - slow)
        state["square"].mul_(slower).addcmul_(parameter.grad, parameter.grad, value=1.0 - slower)
        mean = state["mean"] / (1.0 - slow ** state["step"])
        square = state["square"] / (1.0 - slower ** state["step"])
        parameter.add_(mean / (square.sqrt() + 1e-8), alpha=-group["lr"])
