ARG BASE=minicompose-base:local
FROM ${BASE}
RUN (apt-get install -qq redis-server || (apt-get update -qq && apt-get install -qq redis-server)) && apt-get clean
COPY redis-entrypoint /usr/local/bin/
USER redis
EXPOSE 6379
ENTRYPOINT ["redis-entrypoint"]
CMD ["redis-server"]
