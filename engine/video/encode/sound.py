"""The sound of a range of a video, put beside the pictures: copied where it can be."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Self

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.filter import Graph
from av.packet import Packet

from engine.cancel import Check, never

log = logging.getLogger(__name__)

_ARBITRARY_CLOCK_FORMATS = frozenset({"mpegts", "mpeg"})
_RATE_HZ = 48_000
_BITS_PER_S = 160_000
_SEEK_EARLIER_S = 1
_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class SoundRange:
    """Source and range of a sound.

    Attributes
    ----------
    path : Path
        The video.
    start_s, stop_s : float
        Times of the first frame and of the end of the last, as `Video.timestamps_s` counts.
    """

    path: Path
    start_s: float
    stop_s: float


class SoundTrack:
    """Sound copied from one video into another, made by `SoundTrack.of`.

    Sound and pictures keep their distance exactly. Packets are copied whole, so up to one of
    them (21 ms of AAC) is missing at the start of the range, and over at its end. Sound that is
    encoded anew is cut to the sample, and gaps in it are filled with silence.
    """

    def __init__(
        self,
        sound: SoundRange,
        source: InputContainer,
        container: OutputContainer,
        copied: frozenset[str],
        encoder: str,
    ) -> None:
        self._source, self._container = source, container
        self._stream = source.streams.audio[0]
        clock = source.start_time if source.format.name in _ARBITRARY_CLOCK_FORMATS else 0
        shift_s = Fraction(clock or 0, _MICROSECONDS)
        self._start_s = Fraction(sound.start_s) + shift_s
        self._stop_s = Fraction(sound.stop_s) + shift_s
        if self._stream.codec_context.codec.canonical_name in copied:
            self._target = container.add_stream_from_template(self._stream)
            self._packets = self._copied()
        else:
            self._target = self._encoding_stream(encoder)
            self._packets = self._encoded()
        self._waiting: Packet[AudioStream] | None = None
        self._ended = False

    @classmethod
    def of(
        cls, sound: SoundRange, container: OutputContainer, copied: frozenset[str], encoder: str
    ) -> Self | None:
        """Add a stream for the sound of a range to a file that is being written.

        Parameters
        ----------
        sound : SoundRange
            What is wanted.
        container : OutputContainer
            Not yet written to.
        copied : frozenset of str
            Codecs that its format takes as they are.
        encoder : str
            FFmpeg's name of the encoder for all others.

        Returns
        -------
        SoundTrack or None
            None where the video has no sound that can be decoded.
        """
        if not sound.path.is_file():
            return None
        source = _opened(sound.path)
        if not _decodes(source):
            source.close()
            return None
        return cls(sound, source, container, copied, encoder)

    def mux_until(self, time_s: float, check: Check = never) -> None:
        """Write what is heard before a time of the result, so that sound and pictures mix."""
        while not self._ended:
            check()
            packet = self._waiting or next(self._packets, None)
            self._waiting = packet
            if packet is None:
                self._ended = True
            elif packet.pts is not None and packet.pts * packet.time_base >= time_s:
                return
            else:
                self._waiting = None
                self._container.mux(packet)

    def close(self) -> None:
        """Close the source, once or more."""
        self._source.close()

    def _copied(self) -> Iterator[Packet[AudioStream]]:
        start = None
        for packet in self._demuxed():
            assert packet.pts is not None
            if start is None:
                start = round(self._start_s / packet.time_base)
            if packet.pts >= start:
                packet.pts -= start
                packet.dts = packet.pts
                packet.stream = self._target
                yield packet

    def _encoded(self) -> Iterator[Packet[AudioStream]]:
        graph: Graph | None = None
        for frame in self._decoded():
            graph = graph or self._graph(frame)
            graph.push(frame)
            for cut in _pulled(graph):
                yield from self._target.encode(cut)
        if graph is not None:
            graph.push(None)
            for cut in _pulled(graph):
                yield from self._target.encode(cut)
            yield from self._target.encode(None)

    def _decoded(self) -> Iterator[AudioFrame]:
        for packet in self._demuxed():
            try:
                yield from packet.decode()
            except av.InvalidDataError:  # damaged there: silence is put in its place
                log.warning("sound at packet time %s cannot be decoded", packet.pts)
        with contextlib.suppress(av.InvalidDataError):
            yield from self._stream.decode(None)

    def _demuxed(self) -> Iterator[Packet[AudioStream]]:
        time_base = self._stream.time_base or Fraction(1, _MICROSECONDS)
        earlier = int((self._start_s - _SEEK_EARLIER_S) / time_base)
        if self._start_s > _SEEK_EARLIER_S:
            self._source.seek(earlier, stream=self._stream)
        for packet in self._source.demux(self._stream):
            if packet.size == 0 or packet.pts is None:
                continue
            if packet.pts * packet.time_base >= self._stop_s:
                return
            yield packet

    def _encoding_stream(self, encoder: str) -> AudioStream:
        stream = self._container.add_stream(encoder, rate=_RATE_HZ)
        assert isinstance(stream, AudioStream)
        mono = self._stream.codec_context.layout.nb_channels == 1
        stream.codec_context.layout = "mono" if mono else "stereo"
        stream.codec_context.bit_rate = _BITS_PER_S
        stream.codec_context.time_base = Fraction(1, _RATE_HZ)
        return stream

    def _graph(self, first: AudioFrame) -> Graph:
        graph = Graph()
        target = self._target.codec_context
        target.open(strict=False)
        nodes = (
            graph.add_abuffer(
                sample_rate=first.sample_rate,
                format=first.format.name,
                layout=first.layout.name,
                time_base=first.time_base,
            ),
            graph.add("atrim", start=_seconds(self._start_s), end=_seconds(self._stop_s)),
            graph.add("asetpts", f"PTS-{_seconds(self._start_s)}/TB"),
            graph.add("aresample", f"{_RATE_HZ}:async=1:first_pts=0"),
            graph.add(
                "aformat", sample_fmts=target.format.name, channel_layouts=target.layout.name
            ),
            graph.add("abuffersink"),
        )
        graph.link_nodes(*nodes).configure()
        graph.set_audio_frame_size(target.frame_size)
        return graph


def _pulled(graph: Graph) -> Iterator[AudioFrame]:
    with contextlib.suppress(av.BlockingIOError, av.EOFError):
        while True:
            frame = graph.pull()
            assert isinstance(frame, AudioFrame)
            yield frame


def _seconds(time_s: Fraction) -> str:
    return f"{float(time_s):.6f}"


def has_sound(path: Path) -> bool:
    """Return whether a video can be read and has sound that `SoundTrack` can copy."""
    if not path.is_file():
        return False
    try:
        with _opened(path) as source:
            return _decodes(source)
    except (av.FFmpegError, OSError):  # who opens the video itself is told why
        log.info("cannot look for sound in %s", path, exc_info=True)
        return False


def _opened(path: Path) -> InputContainer:
    return av.open(
        f"file:{path.absolute()}", options={"protocol_whitelist": "file"}, metadata_errors="replace"
    )


def _decodes(source: InputContainer) -> bool:
    return bool(source.streams.audio) and source.streams.audio[0].codec_context is not None
