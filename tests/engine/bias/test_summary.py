"""From clips to classes, and the report's files, from clips whose figures are known."""

import csv
import math
from dataclasses import replace
from pathlib import Path

import cv2
import pytest

from engine.bias import BiasClip, ReportText, agreement_sentence, summarise, write_report
from engine.errors import ExportError

BASE = BiasClip(
    video="a.mp4",
    first_frame=0,
    label="walking",
    answer="walking",
    verdict="movement",
    motion_share=0.8,
    motion_share_low=0.6,
    motion_share_high=1.0,
    still_bits=1.0,
    frames_bits=0.0,
    order_bits=4.0,
    changing_share=0.5,
    probability=0.9,
    frozen=0.5,
    reversed=0.8,
    shuffled=0.6,
    shuffled_sd=0.1,
    highest_logit=4.0,
    guessed=False,
)


def clips(agree: bool = True) -> list[BiasClip]:
    """Eight videos of two classes; what moves more loses more, or less."""
    found = []
    for number in range(8):
        lost = number / 10 if agree else (7 - number) / 10
        label = "walking" if number < 4 else "riding"
        one = replace(
            BASE,
            video=f"{number}.mp4",
            label=label,
            motion_share=0.6 + number / 20,
            order_bits=(0.6 + number / 20) / (0.4 - number / 20),
            changing_share=0.2 + number / 20,
            frozen=BASE.probability - lost,
        )
        found.append(replace(one, answer="riding") if number == 0 else one)
    return found


def test_summary_orders_classes_by_motion_share():
    summary = summarise(clips())
    assert [one.label for one in summary.classes] == ["walking", "riding"]
    walking = summary.classes[0]
    assert (walking.clips, walking.videos, walking.right) == (4, 4, 0.75)
    assert walking.changing_share.value == pytest.approx(0.275)
    assert walking.spread == pytest.approx(0.0645, abs=1e-3)
    assert walking.freeze_drop.value == pytest.approx(0.15)
    assert walking.reverse_drop.value == pytest.approx(0.1)
    assert walking.shuffle_drop.value == pytest.approx(0.3)
    assert walking.motion_share.low < walking.motion_share.value < walking.motion_share.high
    assert (walking.verdict, walking.told, walking.shuffle_sd) == ("movement", 4, 0.1)
    assert summary.overall.clips == 8


def test_summary_divides_the_summed_bits_of_all_clips():
    other = replace(BASE, order_bits=0.0, still_bits=5.0, verdict="one picture", motion_share=0.0)
    untold = replace(BASE, verdict="cannot tell", order_bits=0.3, still_bits=0.1)
    found = summarise([BASE, other, untold]).overall
    assert found.motion_share.value == pytest.approx(4.3 / 10.4)
    assert (found.verdict, found.told, found.clips) == ("mixed", 2, 3)
    assert found.order_bits.value == pytest.approx(4.3 / 3)
    nothing = summarise([untold]).overall
    assert math.isnan(nothing.motion_share.value)
    assert nothing.verdict == "cannot tell"


def test_intervals_are_over_videos_and_not_over_their_clips():
    one = [replace(BASE, frozen=frozen) for frozen in (0.1, 0.3, 0.5, 0.7)]
    alone = summarise(one).overall.freeze_drop
    assert alone.value == pytest.approx(0.5)
    assert math.isnan(alone.low)
    again = [replace(clip, video="b.mp4") for clip in one]
    alike = summarise([*one, *again]).overall.freeze_drop
    assert (alike.low, alike.high) == pytest.approx((0.5, 0.5))
    each = [replace(clip, video=f"{place}.mp4") for place, clip in enumerate(one)]
    apart = summarise(each).overall.freeze_drop
    assert apart.low < 0.4 < 0.6 < apart.high


@pytest.mark.parametrize(
    ("agree", "word"), [(True, "as they should"), (False, "trust the evidence")]
)
def test_summary_tells_whether_share_and_loss_agree(agree: bool, word: str):
    summary = summarise(clips(agree))
    assert summary.clip_agreement.value == pytest.approx(1.0 if agree else -1.0)
    assert word in agreement_sentence(summary)


def test_summary_of_one_clip_says_that_it_cannot_tell():
    summary = summarise(clips()[:1])
    assert math.isnan(summary.classes[0].spread)
    assert math.isnan(summary.clip_agreement.value)
    assert "cannot be told" in agreement_sentence(summary)


def test_summary_of_clips_without_relevance_leaves_their_share_out():
    strange = replace(BASE, video="b.mp4", changing_share=math.nan)
    assert summarise([BASE, strange]).overall.changing_share.value == pytest.approx(0.5)


def text() -> ReportText:
    return ReportText("Motion <or> scenery", (("model", "net & co"),), ("b.mp4 was left out.",))


def test_report_writes_tables_picture_and_page(tmp_path: Path):
    write_report(clips(), text(), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "bias.csv", "bias.html", "bias.png", "clips.csv",
    ]  # fmt: skip
    rows = list(csv.DictReader((tmp_path / "bias.csv").read_text().splitlines()))
    assert [row["class"] for row in rows] == ["walking", "riding", "all"]
    assert rows[0]["verdict"] == "movement"
    assert float(rows[0]["motion_share"]) > 0.6
    assert float(rows[0]["freeze_drop"]) == pytest.approx(0.15)
    assert float(rows[0]["freeze_drop_low"]) <= 0.15 <= float(rows[0]["freeze_drop_high"])
    assert len(list(csv.reader((tmp_path / "clips.csv").read_text().splitlines()))) == 9
    picture = cv2.imread(str(tmp_path / "bias.png"))
    assert picture is not None
    assert picture.std() > 5


def test_report_page_needs_nothing_else_and_escapes_names(tmp_path: Path):
    write_report(clips(), text(), tmp_path)
    page = (tmp_path / "bias.html").read_text(encoding="utf-8")
    assert "Motion &lt;or&gt; scenery" in page
    assert "net &amp; co" in page
    assert "b.mp4 was left out." in page
    assert "http" not in page
    assert 'src="data:image/png;base64,' in page
    assert "<th scope='row'>riding</th>" in page


def test_report_into_a_folder_that_is_none_is_an_error(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportError):
        write_report(clips(), text(), tmp_path / "file")


def test_report_shows_names_that_are_formulas_markup_and_escapes(tmp_path: Path):
    names = ("=cmd()", "$\\frac$", "<b>\x1b[2J", "-a\nb")
    hostile = [
        replace(clip, label=name, video=f"{name}.mp4")
        for clip, name in zip(clips(), names, strict=False)
    ]
    lone = replace(text(), title="$\\sqrt{$ \u202e", notes=("\x9b<i>", "\udcff.mp4"))
    write_report(hostile, lone, tmp_path)
    rows = list(csv.DictReader((tmp_path / "clips.csv").read_text().splitlines()))
    assert {row["label"] for row in rows} == {
        "'=cmd()", "$\\frac$", r"<b>\x1b[2J", r"'-a\nb",
    }  # fmt: skip
    page = (tmp_path / "bias.html").read_text(encoding="utf-8")
    assert r"&lt;b&gt;\x1b[2J" in page
    assert r"\udcff.mp4" in page
    assert not {"\x1b", "\x9b", "\u202e"} & set(page)
