//! `WITH DOCKER` steps. The engines hold `dind:latest`, an image with a Docker daemon of its own.

use super::bench::{Bench, Recorder, connect};
use super::on_every_engine;
use rbuild::engine::{Answer, Progress};
use rbuild::event::Stream;
use rbuild::graph::op::{DockerStep, Exec, InnerContent, InnerImage};
use rbuild::graph::{ImageSource, Op, Output};
use rbuild::platform::Platform;

on_every_engine!(a_step_runs_beside_its_daemon_and_is_cached);

/// A step on the image that has a daemon.
fn step(bench: &mut Bench, script: &str) -> DockerStep {
    let base = bench.image("dind:latest");
    let exec = bench.exec(base, script);
    DockerStep { exec: Exec { image: Some(base.vertex), ..exec }, images: Vec::new(), compose: None }
}

fn add(bench: &mut Bench, step: DockerStep) -> Output {
    bench.add(Op::Docker(Box::new(step)), "WITH DOCKER", false)
}

fn pulled(name: &str) -> InnerImage {
    let reference = format!("docker.io/library/{name}");
    let source = ImageSource { reference: reference.clone(), platform: Platform::host() };
    InnerImage { name: reference, content: InnerContent::Pulled(source) }
}

async fn a_step_runs_beside_its_daemon_and_is_cached(engine: &str) {
    let mut bench = Bench::new(engine).await;
    let script = "docker images; docker run --rm busybox:latest echo inside; echo made > /made; find / -xdev -newer /proc/1 -not -path '/proc/*'";
    let mut with_docker = step(&mut bench, script);
    with_docker.images = vec![pulled("busybox:latest")];
    let base = with_docker.exec.root.expect("a root");
    let with_docker = add(&mut bench, with_docker);
    let above = bench.sh(with_docker, "cat /made; ls -a /run");
    assert_eq!(bench.probe(&[with_docker, above]).await, [false, false]);
    let seen = Recorder::new(Answer::Open);
    let ran = bench.run(&[base, with_docker, above], &seen).await;
    println!("{}\n{}", seen.text(with_docker, Stream::Stdout), seen.text(with_docker, Stream::Stderr));
    ran.expect("runs");
    println!("{}", seen.text(above, Stream::Stdout));
    assert_eq!(seen.gates(), [with_docker.vertex, above.vertex]);
    bench.engine = connect(engine).await;
    assert_eq!(bench.probe(&[with_docker, above]).await, [true, true]);
    let seen = Recorder::new(Answer::Refuse);
    bench.run(&[with_docker, above], &seen).await.expect("is cached");
    assert_eq!(seen.gates(), []);
    assert_eq!(seen.progress(with_docker), [Progress::Cached]);
}
