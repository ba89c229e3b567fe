ARG BASE=minicompose-base:local
FROM ${BASE}
# busybox stands in for the wget that the health check uses.
RUN (apt-get install -qq nginx-light busybox || (apt-get update -qq && apt-get install -qq nginx-light busybox)) \
 && apt-get clean \
 && ln -s "$(command -v busybox)" /usr/local/bin/wget \
 && rm /etc/nginx/sites-enabled/default \
 && ln -sf /dev/stdout /var/log/nginx/access.log \
 && ln -sf /dev/stderr /var/log/nginx/error.log
COPY frontend-entrypoint /usr/local/bin/
EXPOSE 80
# Requests that are being answered are finished first.
STOPSIGNAL SIGQUIT
ENTRYPOINT ["frontend-entrypoint"]
CMD ["nginx", "-g", "daemon off;"]
