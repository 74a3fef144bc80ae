//! The timeline of a build as one HTML page that needs nothing else.
//!
//! Its style, its scripts and the report's JSON are put into `timings/page.html`; the script draws everything, out of that JSON alone.

use super::json::report;
use crate::event::Outcome;
use crate::history::Build;
use std::borrow::Cow;

const PAGE: &str = include_str!("timings/page.html");
const STYLE: &str = include_str!("timings/page.css");
/// One script in one scope; `page.js` begins the work.
const SCRIPT: &str = concat!(
    "(() => {\n\"use strict\";\n",
    include_str!("timings/model.js"),
    include_str!("timings/load.js"),
    include_str!("timings/timeline.js"),
    include_str!("timings/table.js"),
    include_str!("timings/graph.js"),
    include_str!("timings/details.js"),
    include_str!("timings/page.js"),
    "})();"
);

/// The page of a build.
#[must_use]
pub fn timings(build: &Build) -> String {
    let value = |name: &str| -> Cow<'static, str> {
        match name {
            "title" => title(build).into(),
            "style" => STYLE.into(),
            "script" => SCRIPT.into(),
            "data" => inert(report(build).trim_end()).into(),
            other => unreachable!("the page has no place `{other}`"),
        }
    };
    // Only the page itself has places: what stands at one is not looked at again.
    let mut pieces = PAGE.split("{{");
    let mut page = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once("}}").expect("each place of the page is closed");
        page.push_str(&value(name));
        page.push_str(rest);
    }
    page
}

fn title(build: &Build) -> String {
    let verb = match build.outcome {
        Outcome::Succeeded => "built",
        Outcome::Failed => "failed",
        Outcome::Interrupted => "interrupted",
    };
    let text = format!("{verb} {} – rbuild", build.targets.join(" "));
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// JSON in which nothing can end the element that it stands in, nor begin a comment there. These characters are in its strings alone.
fn inert(json: &str) -> String {
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::example;
    use std::sync::Arc;

    fn data(page: &str) -> &str {
        let (_, rest) = page.split_once("<script type=\"application/json\" id=\"data\">").unwrap();
        rest.split_once("</script>").unwrap().0
    }

    #[test]
    fn the_page_has_the_report_and_nothing_from_elsewhere() {
        let build = example::failed();
        let page = timings(&build);
        assert!(page.starts_with("<!doctype html>"));
        assert!(page.contains("<title>failed +all – rbuild</title>"), "{}", &page[..600]);
        let shown: serde_json::Value = serde_json::from_str(data(&page)).unwrap();
        assert_eq!(shown, serde_json::from_str::<serde_json::Value>(&report(&build)).unwrap());
        for outside in ["src=", "@import", "url(", "fetch(", "innerHTML", "http://", "https://"] {
            let without_namespace = page.replace("http://www.w3.org/2000/svg", "").replace(data(&page), "");
            assert!(!without_namespace.contains(outside), "{outside}");
        }
    }

    #[test]
    fn nothing_that_a_build_says_becomes_markup() {
        let mut build = example::failed();
        let step = &mut build.record.steps[0];
        step.step = Arc::new(crate::event::Step {
            name: "RUN echo '</script><script>alert(1)</script><!-- {{script}} &amp;'".into(),
            ..(*step.step).clone()
        });
        build.targets = vec!["+a</title><b>&".to_owned()];
        let page = timings(&build);
        assert!(page.contains("<title>failed +a&lt;/title&gt;&lt;b&gt;&amp; – rbuild</title>"));
        assert!(!data(&page).contains(['<', '>', '&']));
        assert_eq!(page.matches("alert(1)").count(), 1);
        assert_eq!(page.matches("{{script}}").count(), 1, "what the data holds is no place");
        assert_eq!(page.matches("</script>").count(), 2);
        let shown: serde_json::Value = serde_json::from_str(data(&page)).unwrap();
        assert_eq!(shown["steps"][0]["name"], *build.record.steps[0].step.name);
    }
}
