# The workbench with CPU torch, run by a user who may write to /data only.
#   docker build -t gatedclip .
#   docker run --init --network host -v gatedclip:/data gatedclip
# That serves this machine only (http://127.0.0.1:8501). On a network people must sign in; the README shows how.
# --init reaps finished training processes. For a GPU build use --build-arg PIP_EXTRA_INDEX_URL= and set GATEDCLIP_DEVICE.

# The packages are installed where a compiler is, which pdqhash needs: it comes as source only.
FROM python:3.11 AS packages

# Read by pip itself: where CPU builds of torch and torchvision of the pinned versions are.
ARG PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu

WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir --disable-pip-version-check --prefix /packages --requirement requirements.txt

FROM python:3.11-slim

WORKDIR /app
COPY --from=packages /packages /usr/local

RUN useradd --create-home --uid 10001 gatedclip && install -d -o gatedclip -g gatedclip -m 700 /data
COPY . .

# Weights of real CLIP models, once fetched, stay in the volume too. Without its own address Streamlit would ask a host outside for it.
ENV GATEDCLIP_HOME=/data \
    HF_HOME=/data/models \
    PYTHONUNBUFFERED=1 \
    STREAMLIT_BROWSER_SERVER_ADDRESS=localhost \
    STREAMLIT_SERVER_ADDRESS=127.0.0.1
VOLUME /data
EXPOSE 8501
USER 10001

# An unknown path answers 200 with the app's page, so the body is compared.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python", "-c", "import sys, urllib.request as u; sys.exit(u.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4).read() != b'ok')"]

CMD ["python", "-m", "gatedclip", "serve"]
