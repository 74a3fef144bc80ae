//! The engine's own Dockerfile frontend, which only translates for us: it is asked for the operations, and none of them is run.

use super::failure;
use super::gateway;
use super::link::Link;
use super::lower;
use super::resolve::Resolve;
use super::solve::Build;
use super::translation::{self, CONTEXT};
use crate::digest::Digest;
use crate::engine::EngineError;
use crate::graph::dockerfile::{Dockerfile, Translation};
use crate::graph::image::ImageConfig;
use bollard_buildkit_proto::moby::buildkit::v1::frontend::{
    Result as BuildResult, SolveRequest, result::Result as Referred,
};
use bollard_buildkit_proto::pb;
use serde::Deserialize;
use std::collections::HashMap;
use std::time::Duration;

/// How long it may take: it asks registries for the configurations of base images.
const LIMIT: Duration = Duration::from_secs(120);
/// The name that the frontend knows the file by.
const NAME: &str = "Dockerfile";

/// Translates a Dockerfile.
///
/// # Errors
/// [`EngineError::Dockerfile`] when it is wrong, [`EngineError::Image`] when a base image is not to be had.
pub async fn translate(
    link: &Link,
    session: &str,
    engine: &str,
    file: &Dockerfile,
    text: &str,
    from: Resolve,
) -> Result<Translation, EngineError> {
    let request = SolveRequest {
        frontend: "dockerfile.v0".to_owned(),
        frontend_opt: options(file, from),
        frontend_inputs: HashMap::from([
            ("context".to_owned(), context()),
            ("dockerfile".to_owned(), text_file(text.as_bytes())),
        ]),
        allow_result_return: true,
        allow_result_array_ref: true,
        evaluate: false,
        ..SolveRequest::default()
    };
    let build = Build { session: session.to_owned(), ..Build::default() };
    let asking = gateway::within(link, build, None, |mut gateway| async move {
        let request = gateway.request(request);
        gateway.client.solve(request).await
    });
    let answer = match tokio::time::timeout(LIMIT, asking).await {
        Ok(Ok(answer)) => answer.into_inner(),
        Ok(Err(status)) => return Err(fault(failure::read(&status, engine, &[]), file)),
        Err(_) => return Err(fault(EngineError::Other(format!("no answer within {} s", LIMIT.as_secs())), file)),
    };
    let result = answer.result.unwrap_or_default();
    let config = config(&result)?;
    let definition = match result.result {
        Some(Referred::Ref(reference)) => reference.def.unwrap_or_default(),
        None => pb::Definition::default(),
        Some(_) => return Err(EngineError::Other(format!("{}: the engine gave several results", file.name))),
    };
    Ok(Translation { config, ..translation::read(&definition, &file.platform, &file.cache_prefix)? })
}

fn options(file: &Dockerfile, from: Resolve) -> HashMap<String, String> {
    let mut options = HashMap::from(
        [
            ("filename", NAME),
            ("image-resolve-mode", from.mode()),
            // `# syntax=` would run another frontend in a container of its own, past every gate.
            ("cmdline", "rbuild"),
            ("platform", &file.platform.to_string()),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned())),
    );
    options.extend(file.target.iter().map(|target| ("target".to_owned(), target.clone())));
    options.extend(file.args.iter().map(|(name, value)| (format!("build-arg:{name}"), value.clone())));
    options
}

/// What stands for the build context: it is never sent, only told apart in the answer.
fn context() -> pb::Definition {
    definition(pb::Op {
        op: Some(pb::op::Op::Source(pb::SourceOp { identifier: CONTEXT.to_owned(), ..pb::SourceOp::default() })),
        ..pb::Op::default()
    })
}

/// An empty file system with the Dockerfile in it.
fn text_file(data: &[u8]) -> pb::Definition {
    let file =
        pb::FileActionMkFile { path: format!("/{NAME}"), mode: 0o644, data: data.to_vec(), owner: None, timestamp: -1 };
    let action = pb::FileAction {
        input: -1,
        secondary_input: -1,
        output: 0,
        action: Some(pb::file_action::Action::Mkfile(file)),
    };
    definition(pb::Op { op: Some(pb::op::Op::File(pb::FileOp { actions: vec![action] })), ..pb::Op::default() })
}

fn definition(op: pb::Op) -> pb::Definition {
    let bytes = lower::encode(op);
    let digest = Digest::of(&bytes).to_string();
    let last = pb::Op { inputs: vec![pb::Input { digest: digest.clone(), index: 0 }], ..pb::Op::default() };
    let last = lower::encode(last);
    let metadata = [digest, Digest::of(&last).to_string()].map(|digest| (digest, pb::OpMetadata::default()));
    pb::Definition { def: vec![bytes, last], metadata: metadata.into(), source: None }
}

fn config(result: &BuildResult) -> Result<ImageConfig, EngineError> {
    #[derive(Deserialize)]
    struct Whole {
        #[serde(default)]
        config: Option<ImageConfig>,
    }
    let Some(text) = result.metadata.get("containerimage.config") else { return Ok(ImageConfig::default()) };
    let whole: Whole = serde_json::from_slice(text)
        .map_err(|error| EngineError::Other(format!("read the configuration of a Dockerfile's image: {error}")))?;
    Ok(whole.config.unwrap_or_default())
}

/// The fault with the Dockerfile's name, and the line that the frontend tells in its text: `dockerfile parse error line 3: …`,
/// `dockerfile parse error on line 3: …`, `Dockerfile:3`.
fn fault(error: EngineError, file: &Dockerfile) -> EngineError {
    let EngineError::Other(message) = error else { return error };
    let words = [
        "rpc error: code = Unknown desc = ",
        "failed to solve with frontend dockerfile.v0: ",
        "failed to create LLB definition: ",
        "failed to solve: ",
    ];
    let mut text = message.as_str();
    while let Some(rest) = words.iter().find_map(|word| text.strip_prefix(word)) {
        text = rest;
    }
    let after = ["parse error line ", "parse error on line ", "Dockerfile:"];
    let number = after.iter().find_map(|word| {
        let rest = &text[text.find(word)? + word.len()..];
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..digits].parse().ok()
    });
    let begin = |text: &str| text.strip_prefix("dockerfile parse error ").map(str::to_owned);
    let message = match (number, begin(text)) {
        (Some(_), Some(rest)) => rest.split_once(": ").map_or_else(|| rest.clone(), |(_, what)| what.to_owned()),
        _ => text.to_owned(),
    };
    EngineError::Dockerfile { file: file.name.clone(), line: number, message }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::dockerfile::DockerfileText;
    use std::collections::BTreeMap;

    fn file() -> Dockerfile {
        Dockerfile {
            name: "app/Dockerfile".into(),
            text: DockerfileText::Known(String::new()),
            target: Some("test".into()),
            args: BTreeMap::from([("A".to_owned(), "b c".to_owned())]),
            platform: "linux/arm64".parse().expect("valid"),
            cache_prefix: "ns/".into(),
            context: None,
        }
    }

    #[test]
    fn faults_name_the_file_and_the_line() {
        for (text, expected) in [
            (
                "rpc error: code = Unknown desc = failed to solve with frontend dockerfile.v0: failed to create LLB definition: dockerfile parse error line 2: unknown instruction: RUNN",
                "app/Dockerfile:2: unknown instruction: RUNN",
            ),
            (
                "dockerfile parse error on line 12: unknown instruction: RUNN (did you mean RUN?)",
                "app/Dockerfile:12: unknown instruction: RUNN (did you mean RUN?)",
            ),
            ("target stage \"x\" could not be found", "app/Dockerfile: target stage \"x\" could not be found"),
        ] {
            assert_eq!(fault(EngineError::Other(text.to_owned()), &file()).to_string(), expected);
        }
    }

    #[test]
    fn the_frontend_is_told_what_is_asked() {
        let options = options(&file(), Resolve::StoreFirst);
        let pairs =
            [("target", "test"), ("build-arg:A", "b c"), ("platform", "linux/arm64"), ("image-resolve-mode", "local")];
        for (key, value) in pairs {
            assert_eq!(options.get(key).map(String::as_str), Some(value), "{key}");
        }
        assert!(options.contains_key("cmdline"), "`# syntax=` is not followed");
    }
}
