import torch
from torch.nn import functional

from deploykit.zoo.attention import attend


def test_it_is_torchs_own_attention():
    query, key, value = torch.randn(3, 2, 7, 24, generator=torch.Generator().manual_seed(0))
    mask = torch.full((7, 7), -1e4).triu(1)
    heads = [part.view(2, 7, 4, 6).transpose(1, 2) for part in (query, key, value)]
    expected = functional.scaled_dot_product_attention(*heads, is_causal=True).transpose(1, 2).reshape(2, 7, 24)
    torch.testing.assert_close(attend(query, key, value, 4, mask), expected)
