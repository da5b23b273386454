from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engine.descriptions import CardReport
from engine.errors import UntrustedError
from engine.model_check import check_card
from engine.models.cards.reading import read_card
from tests.clips import moving_square, write_clip
from tests.programs import trust_file

NETS = '''
import torch
from torch import nn

class Net(nn.Module):
    """Scores 3 classes from (N, 3, T, h, w)."""
    def __init__(self, ending=None):
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv3d(3, 6, 3, padding=1)
        self.norm = nn.BatchNorm3d(6)
        self.head = nn.Linear(6, 3)
        self.ending = ending or nn.Identity()

    def forward(self, clip):
        return self.ending(self.head(torch.relu(self.norm(self.conv(clip))).mean((2, 3, 4))))

class TimeFirst(Net):
    def forward(self, clip):
        return super().forward(clip.transpose(1, 2))

class Folded(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.head = nn.Conv2d(3, 4, 3), nn.Linear(4, 3)
    def forward(self, frames):
        return self.head(self.conv(frames).mean((2, 3)))

class Stacked(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.head = nn.Conv2d(24, 4, 3), nn.Linear(4, 3)
    def forward(self, frames):
        return self.head(self.conv(frames).mean((2, 3)))

class Silhouettes(Folded):
    def forward(self, frames):
        n, t, h, w = frames.shape
        return super().forward(frames[:, :, None].expand(n, t, 3, h, w)[:, 0])

class Unstacks(Folded):
    def forward(self, clip):
        return super().forward(clip.view((-1, 3) + clip.shape[-2:])).view(len(clip), -1, 3).mean(1)

class FoldsInside(Folded):
    def forward(self, clip):
        return super().forward(clip[0].transpose(0, 1))

class Rows(Folded):
    def forward(self, clip):
        return super().forward(clip.transpose(1, 2).flatten(0, 1))

class Mixed(Folded):
    def forward(self, clip):
        return super().forward(clip.permute(2, 0, 1, 3, 4).flatten(0, 1))

class Cut(Net):
    def forward(self, clip):
        return super().forward(clip).detach()

class Frozen(Net):
    def forward(self, clip):
        with torch.no_grad():
            return super().forward(clip)

class Rounded(Net):
    def forward(self, clip):
        return super().forward((clip * 9).round())

class HalfBlind(Net):
    def forward(self, clip):
        return super().forward(clip[:, :, :4])

class Constant(nn.Module):
    def __init__(self):
        super().__init__()
        self.scores = nn.Parameter(torch.tensor([1.0, 2.0, 3.0]))
    def forward(self, clip):
        return self.scores + 0 * clip.mean((1, 2, 3, 4))[:, None]

class Dropping(Net):
    def forward(self, clip):
        return super().forward(nn.functional.dropout(clip, 0.5, training=True))

class Noisy(Net):
    def forward(self, clip):
        return super().forward(clip + torch.rand_like(clip))

class Remembering(Net):
    last = 0
    def forward(self, clip):
        self.last = super().forward(clip) + self.last
        return self.last

KEPT = []
class Hoarding(Net):
    def forward(self, clip):
        KEPT.append(super().forward(clip).detach())
        return super().forward(clip) + sum(KEPT)

class Alone(Net):
    def forward(self, clip):
        return super().forward(clip).view(1, 3)

class Feature(Net):
    def forward(self, clip):
        return self.conv(clip)

class Poisoned(Net):
    def forward(self, clip):
        return super().forward(clip) * float("nan")

def alone(): return nn.Sequential(Net(), nn.Linear(3, 1))
class Rate(Net):
    def forward(self, clip):
        return super().forward(clip).mean(1, keepdim=True) + 72

def hidden(): return Net(lambda scores: 1 / (1 + torch.exp(-scores)))
def several(): return Net(lambda scores: scores - 9)
def softmax(): return Net(nn.Softmax(1))
def sigmoid(): return Net(nn.Sigmoid())
def trained():
    net = Net()
    net.norm.running_mean.fill_(0.5)
    net.norm.running_var.fill_(4e3)
    return net
'''
CARD = """
network = "nets.py:{function}"
labels = "labels.txt"
frames = 8
fps = {fps}
resize = 16
crop = 16
{more}
"""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clips") / "square.mp4", moving_square(12))


def report_on(
    folder: Path, clip: Path | None, function: str, more: str = "", fps: float = 15, labels: int = 3
) -> CardReport:
    (folder / "nets.py").write_text(NETS)
    (folder / "labels.txt").write_text("".join(f"class {k}\n" for k in range(labels)))
    (folder / "card.toml").write_text(CARD.format(function=function, more=more, fps=fps))
    trust_file(folder / "nets.py", function)
    return check_card(read_card(folder / "card.toml"), clip)


def levels(report: CardReport) -> dict[str, str]:
    return {finding.check: finding.level for finding in report.findings}


def test_good_card_passes_every_check_but_its_missing_checkpoint(
    clip: Path, tmp_path: Path
) -> None:
    report = report_on(tmp_path, clip, "Net")
    assert not report.failed
    assert [check for check, level in levels(report).items() if level != "pass"] == ["loading"]
    assert report.seen.shape == (4, 16, 16, 3)
    assert report.seen.std() > 10
    assert len(report.top) == 3
    assert sum(chance for _, chance in report.top) == pytest.approx(1)


@pytest.mark.parametrize(
    ("function", "check", "level", "text"),
    [
        ("TimeFirst", "layout", "fail", 'takes (1, 8, 3, 16, 16): layout = "NTCHW"'),
        ("Folded", "layout", "fail", "frames as a batch"),
        ("Stacked", "layout", "fail", "takes (1, 24, 16, 16): frames stacked as channels"),
        ("Unstacks", "layout", "warn", "cannot tell frames from channels"),
        ("FoldsInside", "head", "warn", "scores 8 time steps of a clip; their mean is explained"),
        ("Rows", "head", "warn", "scores 8 time steps of a clip; their mean is explained"),
        ("Mixed", "head", "fail", "rows of several clips are mixed"),
        ("hidden", "head", "warn", "lie between 0 and 1"),
        ("several", "head", "warn", "several labels a clip"),
        ("softmax", "head", "warn", "ends in a softmax"),
        ("sigmoid", "head", "warn", "ends in a sigmoid"),
        ("Cut", "gradient", "fail", "cannot be differentiated"),
        ("Frozen", "gradient", "pass", "kept on to explain it"),
        ("Rounded", "gradient", "fail", "No gradient reaches the clip"),
        ("HalfBlind", "gradient", "warn", "4 of 8 frames (first 4)"),
        ("Poisoned", "output", "fail", "not finite"),
        ("Constant", "output", "fail", "the same whatever the clip shows"),
        ("Dropping", "dropout", "warn", "held off"),
        ("Noisy", "repeatable", "warn", "noise"),
        ("Remembering", "memory", "warn", "set back"),
        ("Hoarding", "memory", "warn", "could not be emptied"),
        ("Alone", "batch", "warn", "one clip at a time"),
        ("Feature", "output", "fail", "not logits"),
        ("trained", "training", "warn", "times as far as in training"),
    ],
)
def test_network_that_misleads_is_told_in_words(
    function: str, check: str, level: str, text: str, clip: Path, tmp_path: Path
) -> None:
    report = report_on(tmp_path, clip, function)
    found = {finding.check: finding for finding in report.findings}
    assert found[check].level == level, found
    assert text in found[check].text
    assert not {"memory", "repeatable"} <= found.keys()


@pytest.mark.parametrize(
    ("more", "check", "text"),
    [
        ("mean = [104, 117, 123]", "values", "set range = [0, 255]"),
        ("mean = 0.45\nstd = 0.22\nrange = [0, 255]", "values", "leave range out"),
        ('[expected]\nclip = "CLIP"\ntop = "class 9"', "expected", "which is no label"),
        ('[expected]\nclip = "CLIP"\nscores = { "class 1" = 99.5 }', "expected", "not 99.5"),
        ('[expected]\nclip = "gone.mp4"\ntop = "class 1"', "expected", "gone.mp4"),
    ],
)
def test_card_that_misleads_is_told_in_words(
    more: str, check: str, text: str, clip: Path, tmp_path: Path
) -> None:
    report = report_on(tmp_path, clip, "Net", more.replace("CLIP", str(clip)))
    (found,) = (finding for finding in report.findings if finding.check == check)
    assert found.level == "fail"
    assert text in found.text


def test_grey_frames_without_channels_are_told_as_stacked(clip: Path, tmp_path: Path) -> None:
    report = report_on(tmp_path, clip, "Silhouettes", 'channels = "grey"')
    (found,) = (finding for finding in report.findings if finding.check == "layout")
    assert "takes (1, 8, 16, 16): frames stacked" in found.text
    assert 'kind = "grey" and layout = "NCHW"' in found.text


def test_expected_scores_within_the_tolerance_pass(clip: Path, tmp_path: Path) -> None:
    top = report_on(tmp_path, clip, "Net").top[0][0]
    more = f'[expected]\nclip = "{clip}"\ntop = "{top}"'
    assert levels(report_on(tmp_path, clip, "Net", more))["expected"] == "pass"
    more += '\nscores = { "class 0" = 0 }\ntolerance = 100'
    assert levels(report_on(tmp_path, clip, "Net", more))["expected"] == "pass"


def test_outputs_and_labels_of_other_numbers_fail(clip: Path, tmp_path: Path) -> None:
    report = report_on(tmp_path, clip, "Net", labels=5)
    assert levels(report)["classes"] == "fail"


@pytest.mark.parametrize(
    ("fps", "text"), [(30, "15 frames/s and card wants 30"), (5, "gives 4 of the 8")]
)
def test_rate_of_the_video_is_compared(fps: float, text: str, clip: Path, tmp_path: Path) -> None:
    report = report_on(tmp_path, clip, "Net", fps=fps)
    (found,) = (finding for finding in report.findings if finding.check == "rate")
    assert found.level == "warn"
    assert text in found.text


def test_without_a_video_noise_is_scored(tmp_path: Path) -> None:
    report = report_on(tmp_path, None, "Net")
    assert "rate" not in levels(report)
    assert levels(report)["gradient"] == "pass"


def test_card_that_does_not_load_says_why_alone(clip: Path, tmp_path: Path) -> None:
    report = report_on(tmp_path, clip, "Nothing")
    assert [finding.check for finding in report.findings] == ["loading"]
    assert "no function 'Nothing'" in report.findings[0].text
    assert report.seen.size == 0


def test_untrusted_code_is_asked_for(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "nets.py").write_text(NETS + "# changed")
    (tmp_path / "labels.txt").write_text("a\n")
    (tmp_path / "card.toml").write_text(CARD.format(function="Net", more="", fps=15))
    with pytest.raises(UntrustedError):
        check_card(read_card(tmp_path / "card.toml"), clip)


def test_check_leaves_the_random_numbers_alone(clip: Path, tmp_path: Path) -> None:
    before = torch.get_rng_state()
    report_on(tmp_path, clip, "Constant")
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize(
    ("labels", "text"), [(1, "'not class 0' is its contrary"), (2, "'class 0' is its contrary")]
)
def test_one_output_is_told_with_its_labels(
    labels: int, text: str, clip: Path, tmp_path: Path
) -> None:
    report = report_on(tmp_path, clip, "alone", labels=labels)
    found = {finding.check: finding for finding in report.findings}
    assert not report.failed
    assert text in found["head"].text
    assert found["classes"].text.startswith("1 output")
    assert len(report.top) == 2


def test_one_output_that_looks_like_a_value_is_told(clip: Path, tmp_path: Path) -> None:
    found = {one.check: one for one in report_on(tmp_path, clip, "Rate", labels=1).findings}
    assert found["head"].level == "warn"
    assert 'unit = "bpm"' in found["head"].text
    said = report_on(tmp_path, clip, "Rate", 'unit = "bpm"', labels=1).findings
    assert "values in bpm" in next(one.text for one in said if one.check == "head")


def test_card_names_a_head_that_the_network_leaves_open(clip: Path, tmp_path: Path) -> None:
    report = report_on(tmp_path, clip, "Net", 'activation = "sigmoid"')
    assert "by itself" in {finding.check: finding.text for finding in report.findings}["head"]
    contrary = report_on(tmp_path, clip, "softmax", 'activation = "sigmoid"')
    found = {finding.check: finding for finding in contrary.findings}["head"]
    assert (found.level, "card says otherwise" in found.text) == ("warn", True)
