//! The table of features: the flag that turns each on, and the version that has it on by itself.

use super::{Features, Version};
use Version::{V0_5, V0_6, V0_7, V0_8};

macro_rules! features {
    ($($name:ident $method:ident = $flag:literal $(since $since:ident)?, $doc:literal;)*) => {
        /// Something that a version of the language, or a flag on the `VERSION` line, turns on.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Feature {
            $(#[doc = concat!("`", $flag, "`: ", $doc)] $name,)*
        }

        impl Feature {
            /// All features.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The flag on the `VERSION` line, without its dashes.
            #[must_use]
            pub const fn flag(self) -> &'static str {
                match self { $(Self::$name => $flag,)* }
            }

            /// The first version that has it on by itself; `None`: only `VERSION 1.0` has.
            #[must_use]
            pub fn since(self) -> Option<Version> {
                match self { $(Self::$name => None::<Version>$(.or(Some($since)))?,)* }
            }
        }

        impl Features {
            $(
                #[doc = concat!("Whether `", $flag, "` is on: ", $doc)]
                #[must_use]
                pub fn $method(&self) -> bool {
                    self.has(Feature::$name)
                }
            )*
        }
    };
}

features! {
    ExecAfterParallel exec_after_parallel = "exec-after-parallel" since V0_5, "a target's steps start once it is evaluated";
    ParallelLoad parallel_load = "parallel-load" since V0_5, "targets of `--load` are evaluated in parallel";
    UseRegistryForWithDocker use_registry_for_with_docker = "use-registry-for-with-docker" since V0_5, "how images reach `WITH DOCKER`";
    ForIn for_in = "for-in" since V0_6, "`FOR`";
    NoImplicitIgnore no_implicit_ignore = "no-implicit-ignore" since V0_6, "the build context has no hidden exclusions";
    ReferencedSaveOnly referenced_save_only = "referenced-save-only" since V0_6, "outputs only of targets that `BUILD` reaches";
    RequireForceForUnsafeSaves require_force_for_unsafe_saves = "require-force-for-unsafe-saves" since V0_6, "`AS LOCAL` outside the directory needs `--force`";
    UseCopyIncludePatterns use_copy_include_patterns = "use-copy-include-patterns" since V0_6, "only what `COPY` names is sent";
    CheckDuplicateImages check_duplicate_images = "check-duplicate-images" since V0_7, "two images of one name are an error";
    CiArg ci_arg = "ci-arg" since V0_7, "`EARTHLY_CI`";
    EarthlyVersionArg earthly_version_arg = "earthly-version-arg" since V0_7, "`EARTHLY_VERSION`, `EARTHLY_BUILD_SHA`";
    EarthlyLocallyArg earthly_locally_arg = "earthly-locally-arg" since V0_7, "`EARTHLY_LOCALLY`";
    EarthlyGitAuthorArgs earthly_git_author_args = "earthly-git-author-args" since V0_7, "`EARTHLY_GIT_AUTHOR`, `EARTHLY_GIT_CO_AUTHORS`";
    GitCommitAuthorTimestamp git_commit_author_timestamp = "git-commit-author-timestamp" since V0_7, "`EARTHLY_GIT_COMMIT_AUTHOR_TIMESTAMP`";
    ExplicitGlobal explicit_global = "explicit-global" since V0_7, "args of the base recipe are global only with `--global`";
    NewPlatform new_platform = "new-platform" since V0_7, "platforms pass through references; `NATIVE…` args";
    NoTarBuildOutput no_tar_build_output = "no-tar-build-output" since V0_7, "no effect here";
    SaveArtifactKeepOwn save_artifact_keep_own = "save-artifact-keep-own" since V0_7, "`SAVE ARTIFACT` always keeps owners";
    ShellOutAnywhere shell_out_anywhere = "shell-out-anywhere" since V0_7, "`$(…)` in every word";
    UseCacheCommand use_cache_command = "use-cache-command" since V0_7, "`CACHE`";
    UseHostCommand use_host_command = "use-host-command" since V0_7, "`HOST`";
    UseChmod use_chmod = "use-chmod" since V0_7, "`COPY --chmod`";
    UseNoManifestList use_no_manifest_list = "use-no-manifest-list" since V0_7, "`SAVE IMAGE --no-manifest-list`";
    UseCopyLink use_copy_link = "use-copy-link" since V0_7, "copies are layers of their own";
    UseProjectSecrets use_project_secrets = "use-project-secrets" since V0_7, "`PROJECT`; secrets without `+secrets/`";
    WaitBlock wait_block = "wait-block" since V0_7, "`WAIT`; `RUN --push` among other commands";
    NoNetwork no_network = "no-network" since V0_8, "`RUN --network=none`";
    ArgScopeAndSet arg_scope_and_set = "arg-scope-and-set" since V0_8, "`LET` and `SET`; an arg is declared once";
    UseDockerIgnore use_docker_ignore = "use-docker-ignore" since V0_8, "`.dockerignore` for `FROM DOCKERFILE`";
    PassArgs pass_args = "pass-args" since V0_8, "`--pass-args`";
    GlobalCache global_cache = "global-cache" since V0_8, "ids of caches are global";
    CachePersistOption cache_persist_option = "cache-persist-option" since V0_8, "`CACHE --persist`";
    GitRefs git_refs = "git-refs" since V0_8, "`EARTHLY_GIT_REFS`";
    UseVisitedUpfrontHashCollection use_visited_upfront_hash_collection = "use-visited-upfront-hash-collection" since V0_8, "targets are told apart by their inputs";
    UseFunctionKeyword use_function_keyword = "use-function-keyword" since V0_8, "`FUNCTION` instead of `COMMAND`";
    Try try_ = "try", "`TRY`";
    WildcardBuilds wildcard_builds = "wildcard-builds", "`BUILD ./*+target`";
    WildcardCopy wildcard_copy = "wildcard-copy", "`COPY ./*+target/path`";
    BuildAutoSkip build_auto_skip = "build-auto-skip", "`BUILD --auto-skip`";
    AllowPrivilegedFromDockerfile allow_privileged_from_dockerfile = "allow-privileged-from-dockerfile", "`FROM DOCKERFILE --allow-privileged`";
    RunWithAws run_with_aws = "run-with-aws", "`RUN --aws`";
    RunWithAwsOidc run_with_aws_oidc = "run-with-aws-oidc", "`RUN --oidc`";
    RawOutput raw_output = "raw-output", "`RUN --raw-output`";
    GitAuthorEmailNameArgs git_author_email_name_args = "git-author-email-name-args", "`EARTHLY_GIT_AUTHOR_EMAIL`, `EARTHLY_GIT_AUTHOR_NAME`";
    AllowWithoutEarthlyLabels allow_without_earthly_labels = "allow-without-earthly-labels", "`SAVE IMAGE --without-earthly-labels`";
    DockerCache docker_cache = "docker-cache", "`WITH DOCKER --cache-id`";
    NoUseRegistryForWithDocker no_use_registry_for_with_docker = "no-use-registry-for-with-docker", "no effect here";
    EarthlyCiRunnerArg earthly_ci_runner_arg = "earthly-ci-runner-arg", "`EARTHLY_CI_RUNNER`";
}

impl Feature {
    /// The feature of this flag (without dashes).
    #[must_use]
    pub fn from_flag(flag: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|feature| feature.flag() == flag)
    }

    /// Whether a version has it on without a flag.
    #[must_use]
    pub fn comes_with(self, version: Version) -> bool {
        match self.since() {
            Some(since) => version >= since,
            // The negation of a feature is never on by itself.
            None => version >= Version::V1_0 && self != Self::NoUseRegistryForWithDocker,
        }
    }

    pub(super) const fn bit(self) -> u64 {
        1 << self as u8
    }
}
