import torch
from torch.nn import functional
from transformers.audio_utils import mel_filter_bank

from deploykit.zoo.audio.basic_pitch import ConstantQ
from deploykit.zoo.spectral import InverseFourier, fourier_kernels, mel_filters
from deploykit.zoo.speech.eben import BANDS, FilterBank


def _noise(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def test_convolution_with_the_kernels_is_a_short_time_fourier_transform():
    window = torch.hann_window(64)
    expected = torch.stft(_noise(2, 1000), 64, 32, window=window, center=False, return_complex=True)
    real, imaginary = functional.conv1d(_noise(2, 1, 1000), fourier_kernels(window), stride=32).chunk(2, dim=1)
    torch.testing.assert_close(torch.complex(real, imaginary), expected, atol=1e-4, rtol=1e-4)


def test_the_inverse_is_that_of_torch():
    spectrum = torch.complex(_noise(2, 9, 33), _noise(2, 9, 33).flip(2))
    expected = torch.istft(spectrum, 16, 4, window=torch.hann_window(16))
    found = InverseFourier(16, 4, 33)(spectrum.real, spectrum.imag)
    torch.testing.assert_close(found.squeeze(1), expected, atol=1e-5, rtol=1e-4)


def test_mel_filters_are_slaneys():
    expected = mel_filter_bank(33, 26, 0.0, 8000.0, 16_000, norm="slaney", mel_scale="slaney")
    torch.testing.assert_close(mel_filters(16_000, 64, 26), torch.from_numpy(expected.T).float(), atol=1e-7, rtol=1e-4)


def test_all_bands_of_the_filter_bank_make_the_waveform_again():
    bank = FilterBank(taken=BANDS)
    waveform = _noise(1, 1, 1024 - 32)
    error = bank.join(bank.split(waveform)) - waveform
    assert 10 * torch.log10(waveform.square().mean() / error.square().mean()) > 45


def test_a_tone_is_loudest_in_its_own_bin():
    time = torch.arange(43_844) / 22_050
    for frequency, bin_of_it in ((55.0, 36), (440.0, 144), (3520.0, 252)):
        power = ConstantQ()((2 * torch.pi * frequency * time).sin().unsqueeze(0))
        assert power[0, :, 86].argmax() == bin_of_it
