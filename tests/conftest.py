"""For every test: a home of its own, one torch thread, and a header that says what is being tested."""

import os
import shutil
import sqlite3
import subprocess
from importlib.metadata import version
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported: workers side by side must not fight for cores

import pytest

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome") or ""


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Path:
    """An empty GATEDCLIP_HOME, so that no test can touch real data."""
    for name in [name for name in os.environ if name.startswith("GATEDCLIP_") and not name.startswith("GATEDCLIP_TEST_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GATEDCLIP_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def pytest_report_header() -> str:
    browser = subprocess.run([CHROMIUM, "--version"], capture_output=True, text=True).stdout.strip() if CHROMIUM else "none"
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "open_clip_torch", "streamlit", "captum", "sqlalchemy"))
    return f"{packages}, sqlite {sqlite3.sqlite_version}, browser: {browser}"
