//! The Docker daemon for images that have none, on a real engine: `RBUILD_TEST_ENGINE_28` is its `DOCKER_HOST`, with the images
//! `busybox` and `dind:latest` (a Docker daemon with all that belongs to it, made for another C library than busybox has).

use rbuild::engine::EngineError;
use rbuild::engine::docker::kit::{Kit, provide};
use rbuild::engine::docker::{Address, Docker};
use std::process::{Command, Output};

/// Starts the daemon with a fresh data root, and uses it: an image, a container, a published port, compose. Ends with 0 when all went
/// well; what it prints is for the test.
const USE: &str = r#"
set -eu
(eval "export $KIT_ENV"; exec dockerd --data-root /data >/tmp/dockerd.log 2>&1) &
daemon=$!
until docker version >/dev/null 2>&1; do
    kill -0 $daemon 2>/dev/null || { cat /tmp/dockerd.log; exit 1; }
    usleep 50000
done
mkdir -p /image/bin /www
cp /bin/busybox /image/bin/
for name in sh echo httpd; do ln -s busybox /image/bin/$name; done
echo served >/www/index.html
tar -C /image -c . | docker import - inner:1 >/dev/null
docker save inner:1 | docker load >/dev/null
docker tag inner:1 other:1
docker run --rm --init other:1 /bin/echo from the container
docker run -d --name web -p 8099:80 -v /www:/www:ro inner:1 httpd -f -h /www >/dev/null
until wget -qO- http://127.0.0.1:8099/; do usleep 50000; done
(eval "export $KIT_ENV"; iptables -t nat -S DOCKER | grep -- --dport)
docker compose version --short | grep -q '^v*2' && echo compose is there
printf 'services:\n  one:\n    image: inner:1\n    command: echo from compose\n' >/tmp/compose.yml
docker --host unix:///var/run/docker.sock compose -f /tmp/compose.yml up 2>/dev/null | grep -o 'from compose'
docker-compose -f /tmp/compose.yml down >/dev/null 2>&1
docker rm -f web >/dev/null
kill $daemon
wait $daemon
"#;

fn host() -> String {
    std::env::var("RBUILD_TEST_ENGINE_28").expect("RBUILD_TEST_ENGINE_28 is set; `scripts/test` does it")
}

async fn engine() -> Docker {
    let address: Address = host().parse().expect("an address");
    Docker::connect(&address).await.expect("an engine")
}

fn docker(arguments: &[&str]) -> Output {
    Command::new("docker").env("DOCKER_HOST", host()).args(arguments).output().expect("docker starts")
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn created(kit: &Kit) -> String {
    let output = docker(&["volume", "inspect", "--format", "{{.CreatedAt}} {{.Labels}}", &kit.volume]);
    assert!(output.status.success(), "{}", text(&output));
    text(&output)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_runs_in_an_image_without_its_c_library() {
    let engine = engine().await;
    // Clients that need it at the same moment share one.
    let (one, two) = tokio::join!(provide(&engine, "dind:latest"), provide(&engine, "dind"));
    let (kit, two) = (one.expect("a kit"), two.expect("a kit"));
    assert_eq!(kit, two);
    let before = created(&kit);
    assert!(before.contains("dev.rbuild.kind:kit") && before.contains("dev.rbuild.image:sha256:"), "{before}");
    let containers = docker(&["ps", "-aq", "--filter", &format!("name={}", kit.volume)]);
    assert_eq!(text(&containers), "", "no container is left");

    assert_eq!(provide(&engine, "dind:latest").await.expect("a kit"), kit);
    assert_eq!(created(&kit), before, "nothing is made a second time");

    let mount = format!("type=volume,source={},target={},readonly", kit.volume, kit.target);
    let path = format!("PATH={}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", kit.path);
    let variables: Vec<String> = kit.env.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let variables = format!("KIT_ENV={}", variables.join(" "));
    let name = format!("rbuild-test-kit-{}", std::process::id());
    let mut run = vec!["run", "--rm", "--privileged", "--name", &name, "-v", "/data", "--mount", &mount];
    run.extend(["-e", &path, "-e", &variables, "busybox", "sh", "-c", USE]);
    let output = docker(&run);
    assert!(output.status.success(), "{}", text(&output));
    let lines = text(&output);
    for expected in ["from the container", "served", "--dport 8099", "compose is there", "from compose"] {
        assert!(lines.contains(expected), "`{expected}` in:\n{lines}");
    }
}

#[tokio::test]
async fn an_image_without_a_daemon_is_refused_with_words() {
    let error = provide(&engine().await, "busybox").await.expect_err("busybox has no daemon");
    let EngineError::Unsupported { feature, needs, .. } = &error else { panic!("{error:?}") };
    assert_eq!(feature, "the Docker daemon of `busybox:latest`");
    assert_eq!(needs, "name another image with `--dockerd-image`: it holds no dockerd");
    let volumes = docker(&["volume", "ls", "-q", "--filter", "label=dev.rbuild.kind=kit"]);
    let image = docker(&["image", "inspect", "--format", "{{.Id}}", "busybox"]);
    for volume in text(&volumes).lines() {
        let about = text(&docker(&["volume", "inspect", volume]));
        assert!(!about.contains(text(&image).trim()), "nothing is left of it: {about}");
    }
}
