//! What commands see of variables, and what a target hands to the one that begins with it.

use super::engine::Engine;
use super::on_each_engine;
use super::project::Project;

on_each_engine!(a_step_sees_the_value_that_wins, a_target_gives_what_it_had_when_it_last_saved_an_image);

fn a_step_sees_the_value_that_wins(engine: Engine) {
    let project = Project::on(engine).buildfile(
        r#"
FROM busybox
ARG --global RELEASE=stable
ARG hidden=base
ENV LANG=C RELEASE=$RELEASE
t:
  ARG --required name
  ARG greeting="it's \"$name\""
  LET count = 1
  SET count = $count$count
  ENV LANG=de
  LET LANG = fr
  RUN : %nonce%; echo "$RELEASE [$hidden] $greeting $count $LANG"
  FOR word IN a "b c"
    SET count = $count$word
    RUN echo "$word $count"
  END
  RUN echo "[$word] $count"
  DO +GREET --name=function
  RUN echo "$name $LEFT [$inside]"
GREET:
  FUNCTION
  ARG name
  ARG inside=1
  ENV LEFT=behind
  RUN echo "$name [$greeting] $LANG $RELEASE"
"#,
    );
    let outcome = project.rbuild(["+t", "--name=me", "--RELEASE=next"]).success();
    let expected =
        [r#"next [] it's "me" 11 fr"#, "a 11a", "b 11ab", "c 11abc", "[] 11abc", "function [] de next", "me behind []"];
    assert_eq!(outcome.printed_by("+t"), expected, "{outcome}");
}

fn a_target_gives_what_it_had_when_it_last_saved_an_image(engine: Engine) {
    let project = Project::on(engine).buildfile(
        "
FROM scratch
tools:
  FROM busybox
  ARG own=1
  WORKDIR /tools
  ENV KEPT=env
  RUN echo %nonce% > saved && mkdir -p /home/own && chown 1 /home/own
  USER 1
  CACHE --id from-%nonce% /cache
  SAVE IMAGE rbuild-test/%nonce%:tools
  RUN echo late > /home/own/late
  ENV KEPT=late
  WORKDIR /
t:
  FROM +tools
  RUN echo \"$(ls /tools /home/own | tr '\\n' ' ') $(pwd) $(id -u) $KEPT [$own]\"; grep -c ' /cache ' /proc/mounts || true
fresh:
  FROM +tools
  FROM busybox
  RUN : %nonce%; echo \"[$KEPT] $(pwd) $(test -e /tools || echo nothing)\"
",
    );
    let outcome = project.rbuild(["+t", "+fresh"]).success();
    assert_eq!(outcome.printed_by("+fresh"), ["[] / nothing"], "{outcome}");
    let expected = ["/home/own:  /tools: saved  /tools 1 env []", "0"];
    assert_eq!(outcome.printed_by("+t"), expected, "{outcome}");
}
