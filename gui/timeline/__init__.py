"""The timeline: plots over frames, their readout, and the motion of the video."""
