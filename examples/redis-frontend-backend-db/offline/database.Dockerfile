ARG BASE=minicompose-base:local
FROM ${BASE}
# The package would fill a database of its own while the image is built: it must not.
RUN mkdir -p /etc/postgresql-common \
 && echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf \
 && (apt-get install -qq postgresql || (apt-get update -qq && apt-get install -qq postgresql)) \
 && apt-get clean \
 # The version is the distribution's: 15 on Debian 12, 17 on Debian 13.
 && ln -s /usr/lib/postgresql/*/bin /usr/local/postgresql-bin \
 && install -d -o postgres -g postgres -m 700 /var/lib/postgresql/data \
 && install -d -o postgres -g postgres -m 2775 /var/run/postgresql
ENV PATH=/usr/local/postgresql-bin:$PATH PGDATA=/var/lib/postgresql/data
COPY database-entrypoint /usr/local/bin/
VOLUME /var/lib/postgresql/data
EXPOSE 5432
# "Fast shutdown": open transactions are rolled back, not waited for.
STOPSIGNAL SIGINT
ENTRYPOINT ["database-entrypoint"]
CMD ["postgres"]
