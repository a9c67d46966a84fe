"""Framegauge on torch tensors, as the peers are called: values and gradients."""
import torch


class Ours:
    def __init__(self, library, device):
        self.library, self.device = library, torch.device(device)

    def stream(self):
        return torch.cuda.current_stream().cuda_stream if self.device.type == "cuda" else 0

    def number(self, *shape):
        return torch.full(shape or (1,), float("nan"), dtype=torch.float64, device=self.device)

    def prepare(self, op, x, y, **settings):
        """The op with its mean; call it, then read .mean."""
        mean = self.number()
        prepared = self.library.prepare(op, self.stream(), x=x, y=y, mean=mean, **settings)
        prepared.mean = mean
        return prepared

    def value(self, op, x, y, **settings):
        prepared = self.prepare(op, x, y, **settings)
        prepared()
        return prepared.mean.item()

    def prepare_gradient(self, op, x, y, both=False, **settings):
        """d(mean)/dx, and with `both` d(mean)/dy: the sign of the peers' value, not of a loss."""
        outputs = {"x_gradient": torch.full(x.shape, float("nan"), device=self.device)}
        if both:
            outputs["y_gradient"] = torch.full(x.shape, float("nan"), device=self.device)
        prepared = self.prepare(op, x, y, **{"mean_weight": 1.0} | outputs | settings)
        prepared.gradients = list(outputs.values())
        return prepared

    def gradients(self, op, x, y, **settings):
        prepared = self.prepare_gradient(op, x, y, both=True, **settings)
        prepared()
        return prepared.mean.item(), *prepared.gradients
