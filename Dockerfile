FROM python:3.11-slim

RUN useradd --create-home --uid 10001 rotation \
    && install -d -o rotation -g rotation -m 0700 /data /data/backups /data/cache
WORKDIR /app
COPY . .
RUN pip install --no-cache-dir --constraint constraints.txt .

USER rotation
WORKDIR /data
VOLUME /data
ENV DATABASE_PATH=/data/rotation.db BACKUP_DIR=/data/backups CACHE_PATH=/data/cache \
    PORT=8080 HEALTH_HOST=0.0.0.0
# The command's own stop takes at most ten seconds: give `docker stop` twenty.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=60s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/healthz', timeout=4)"]
CMD ["rotation-alerts", "run"]
