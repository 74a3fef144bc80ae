//! Functions and imports, on an engine.

use super::project::Project;

#[test]
fn functions_of_other_files_work_on_their_callers_image_and_files() {
    let project = Project::new()
        .buildfile(
            "VERSION 1.0\n\
             IMPORT ./lib AS lib\n\
             FROM busybox:latest\n\
             WORKDIR /work\n\
             all:\n\
             \x20   ARG kind = %nonce%\n\
             \x20   DO lib+WRITE --text=\"one $kind\"\n\
             \x20   DO lib+WRITE --text=two --file=second\n\
             \x20   RUN echo \"[$WRITTEN] [$text]\" > env\n\
             \x20   SAVE ARTIFACT first AS LOCAL out/\n\
             \x20   SAVE ARTIFACT second AS LOCAL out/\n\
             \x20   SAVE ARTIFACT env AS LOCAL out/\n",
        )
        .file(
            "lib/Buildfile",
            "VERSION 1.0\n\
             ARG --global mark = lib\n\
             helper:\n\
             \x20   FROM busybox:latest\n\
             \x20   RUN echo helper > made\n\
             \x20   SAVE ARTIFACT made\n\
             WRITE:\n\
             \x20   FUNCTION\n\
             \x20   ARG --required text\n\
             \x20   ARG file = first\n\
             \x20   COPY data.txt ./\n\
             \x20   COPY +helper/made ./\n\
             \x20   RUN echo \"$mark: $text, $(cat data.txt), $(cat made)\" > \"$file\"\n\
             \x20   ENV WRITTEN=$file\n",
        )
        .file("data.txt", "data of the caller")
        .file("lib/data.txt", "data of the library");
    project.rbuild(["+all"]).success();
    assert_eq!(project.read("out/first").as_deref(), Some("lib: one %nonce%, data of the caller, helper\n"));
    assert_eq!(project.read("out/second").as_deref(), Some("lib: two, data of the caller, helper\n"));
    assert_eq!(project.read("out/env").as_deref(), Some("[second] []\n"));
}
