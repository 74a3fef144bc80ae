//! What goes wrong, how it is said, and how the process ends.

use super::project::Project;
use insta::assert_snapshot;

#[test]
fn five_mistakes_in_a_file_are_five_diagnostics() {
    let project = Project::new().buildfile(
        "FROM busybox\nbuild:\n  RUNN make\n  COPY a\n  BUILD +tset\n  RUN --pusj echo hi\ntest:\n  SET x = 1\n",
    );
    assert_snapshot!(project.rbuild(["+build"]).code(3).report(), @"");
}
