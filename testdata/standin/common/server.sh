#!/bin/sh
# The stand-in's start script. Its text is its own; what it does, exit codes included, is what the product's does.
# start|stop|restart|version|test|debug PORT, bare or with one or two dashes; anything else goes to the server.

PRG="$0"
while [ -h "$PRG" ]; do
  link=$(readlink "$PRG")
  case $link in
    /*) PRG=$link ;;
    *) PRG=$(dirname "$PRG")/$link ;;
  esac
done

# Only where it is not set: a CARBON_HOME that is left over from another product starts that one.
[ -z "$CARBON_HOME" ] && CARBON_HOME=$(cd "$(dirname "$PRG")/.." && pwd)
export CARBON_HOME

if [ -z "$JAVACMD" ]; then
  if [ -n "$JAVA_HOME" ]; then
    JAVACMD=$JAVA_HOME/bin/java
  else
    JAVACMD=java
  fi
fi
if [ ! -x "$JAVACMD" ]; then
  echo "Error: JAVA_HOME is not defined correctly."
  echo " CARBON cannot execute $JAVACMD"
  exit 1
fi
if [ -z "$JAVA_HOME" ]; then
  echo "You must set the JAVA_HOME variable before running CARBON."
  exit 1
fi

if [ -e "$CARBON_HOME/wso2carbon.pid" ]; then
  PID=$(tr -d '\000' <"$CARBON_HOME/wso2carbon.pid")
fi

CMD=
ARGS=
for arg in "$@"; do
  case $arg in
    debug | -debug | --debug) CMD=debug ;;
    start | -start | --start) CMD=start ;;
    stop | -stop | --stop) CMD=stop ;;
    restart | -restart | --restart) CMD=restart ;;
    version | -version | --version) CMD=version ;;
    test | -test | --test) CMD=test ;;
    *)
      if [ "$CMD" = debug ] && [ -z "$PORT" ]; then
        PORT=$arg
      else
        ARGS="$ARGS $arg"
      fi
      ;;
  esac
done

case $CMD in
  debug)
    if [ -z "$PORT" ]; then
      echo " Please specify the debug port after the --debug option"
      exit 1
    fi
    JAVA_OPTS="-Xdebug -Xnoagent -Xrunjdwp:transport=dt_socket,server=y,suspend=y,address=$PORT"
    ;;
  start)
    if [ -n "$PID" ] && ps -p "$PID" >/dev/null 2>&1; then
      echo "Process is already running"
      exit 0
    fi
    # shellcheck disable=SC2086
    nohup sh "$CARBON_HOME/bin/@SCRIPT@" $ARGS >/dev/null 2>&1 &
    exit 0
    ;;
  stop)
    kill -s TERM "$PID" 2>/dev/null
    exit 0
    ;;
  restart)
    kill -s TERM "$PID" 2>/dev/null
    while ps -p "$PID" >/dev/null 2>&1; do
      sleep 1
    done
    # shellcheck disable=SC2086
    nohup sh "$CARBON_HOME/bin/@SCRIPT@" $ARGS >/dev/null 2>&1 &
    exit 0
    ;;
  version)
    cat "$CARBON_HOME/bin/version.txt"
    cat "$CARBON_HOME/bin/wso2carbon-version.txt"
    exit 0
    ;;
esac

java_version=$("$JAVACMD" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p')
if [ "${java_version:-0}" -lt @JAVA_MIN@ ] || [ "${java_version:-0}" -gt @JAVA_MAX@ ]; then
  echo " Starting WSO2 Carbon (in unsupported JDK $java_version)"
  echo " [ERROR] CARBON is supported only between JDK @JAVA_MIN@ and JDK @JAVA_MAX@"
fi

cd "$CARBON_HOME" || exit 1
rm -rf tmp/*
[ -z "$JVM_MEM_OPTS" ] && JVM_MEM_OPTS="-Xmx64m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xss512k"

sh "$CARBON_HOME/diagnostics-tool/bin/diagnostics.sh" &
diagnostics=$!
trap 'kill $diagnostics 2>/dev/null' EXIT INT

# 121 is the server's way to ask for another start.
status=121
while [ "$status" = 121 ]; do
  # shellcheck disable=SC2086
  "$JAVACMD" \
    $JVM_MEM_OPTS \
    -XX:+HeapDumpOnOutOfMemoryError \
    -XX:HeapDumpPath="$CARBON_HOME/repository/logs/heap-dump.hprof" \
    $JAVA_OPTS \
    -Dcarbon.home="$CARBON_HOME" \
    -Djava.io.tmpdir="$CARBON_HOME/tmp" \
    -Dcarbon.config.dir.path="$CARBON_HOME/repository/conf" \
    -Dwso2.server.standalone=true \
    -Dhttpclient.hostnameVerifier=AllowAll \
    -Djava.net.preferIPv4Stack=true \
    -Dsun.net.httpserver.nodelay=true \
    -DworkerNode=false \
    -cp "$CARBON_HOME/lib/standin" \
    standin.StandIn $ARGS
  status=$?
done
exit $status
