import io
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from gatedclip.data.ocr import character_error_rate, in_reading_order, look, read


def jpeg(*lines):
    picture = Image.new("RGB", (640, 320), "white")
    draw = ImageDraw.Draw(picture)
    for x, y, words in lines:
        draw.text((x, y), words, fill="black", font=ImageFont.load_default(36))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=92)
    return out.getvalue()


def box(left, top, right, bottom):
    return [[left, top], [right, top], [right, bottom], [left, bottom]]


def test_words_are_read_in_the_order_a_person_reads():
    text = read(jpeg((20, 220, "people love you"), (20, 20, "look how many")))
    assert text == "look how many\npeople love you"


def test_a_picture_without_words_gives_no_text():
    assert read(jpeg()) == ""


def test_words_side_by_side_share_a_row_and_rows_go_down():
    boxes = np.array([box(300, 12, 400, 40), box(0, 100, 90, 130), box(0, 10, 90, 38), box(300, 104, 400, 128)])
    assert in_reading_order(boxes, ["b", "c", "a", "d"]) == [["a", "b"], ["c", "d"]]


def test_a_tall_word_does_not_swallow_the_lines_beside_it():
    boxes = np.array([box(0, 0, 50, 100), box(60, 0, 200, 20), box(60, 80, 200, 100)])
    assert in_reading_order(boxes, ["tall", "top", "bottom"]) == [["top"], ["tall"], ["bottom"]]


def test_reading_needs_no_network_and_says_nothing():
    program = (
        "import socket, sys\n"
        "def no(*a, **k): raise SystemExit('asked for the network')\n"
        "socket.socket.connect = socket.getaddrinfo = no\n"
        "from gatedclip.data.ocr import read\n"
        "print(read(sys.stdin.buffer.read()))"
    )
    run = subprocess.run([sys.executable, "-c", program], input=jpeg((20, 20, "quiet words")), capture_output=True, check=True)
    assert (run.stdout, run.stderr) == (b"quiet words\n", b"")


@pytest.mark.parametrize(
    ("seen", "truth", "rate"),
    [("kitten", "sitting", 3 / 7), ("same", "same", 0), ("", "four", 1), ("abcd", "ab", 1), ("", "", 0), ("xx", "", 2)],
)
def test_the_error_rate_counts_edits_per_true_character(seen, truth, rate):
    assert character_error_rate(seen, truth) == pytest.approx(rate)


def test_a_look_says_where_the_words_stand():
    reading = look(jpeg((20, 20, "quiet words")))
    (corners,) = reading.boxes
    assert reading.text == "quiet words"
    assert corners.min(0) == pytest.approx([20, 25], abs=12)
    assert corners.max(0) == pytest.approx([215, 60], abs=15)
    assert look(jpeg()).boxes.shape == (0, 4, 2)
