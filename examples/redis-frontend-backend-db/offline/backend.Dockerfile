ARG BASE=minicompose-base:local
FROM ${BASE}
RUN packages='python3-fastapi python3-uvicorn python3-redis python3-psycopg python3-psycopg-pool' \
 && (apt-get install -qq $packages || (apt-get update -qq && apt-get install -qq $packages)) \
 && apt-get clean
WORKDIR /app
COPY backend/ offline/older_fastapi.py ./
USER nobody
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
CMD ["python3", "-m", "uvicorn", "older_fastapi:app", "--host", "0.0.0.0", "--port", "8000", "--no-access-log"]
