"""Bytes in, bytes out: pictures, words and dataset files from anywhere, made safe to keep."""
