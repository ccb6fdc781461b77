/** What PyTorch computes for the same inputs: test/fixtures/reference_torch.py. */
import reference from "../fixtures/reference.json" with { type: "json" }

export { reference }
