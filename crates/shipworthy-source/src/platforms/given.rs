//! Variables that platforms give every process by themselves.

use std::sync::Arc;

use shipworthy_model::picture::{Source, Text, Variable};
use shipworthy_model::{Region, Why};

/// Those that Render gives (render.com/docs/environment-variables).
pub(super) fn render(at: Region) -> Vec<Variable> {
    let chosen = [
        "RENDER_SERVICE_ID",
        "RENDER_SERVICE_NAME",
        "RENDER_SERVICE_TYPE",
        "RENDER_INSTANCE_ID",
        "RENDER_GIT_BRANCH",
        "RENDER_GIT_COMMIT",
        "RENDER_GIT_REPO_SLUG",
        "RENDER_DISCOVERY_SERVICE",
        "RENDER_CPU_COUNT",
        "WEB_CONCURRENCY",
    ];
    let mut variables = vec![known("RENDER", "true", at), known("IS_PULL_REQUEST", "false", at)];
    variables.extend(chosen.map(|name| machines(name, at)));
    variables
}

/// Those that Render gives services that it routes requests to.
pub(super) fn render_web(at: Region) -> Vec<Variable> {
    ["RENDER_EXTERNAL_HOSTNAME", "RENDER_EXTERNAL_URL"].map(|name| machines(name, at)).to_vec()
}

/// Those that Fly gives (fly.io/docs/machines/runtime-environment).
pub(super) fn fly(app: Option<&Text>, region: Option<&Text>, at: Region) -> Vec<Variable> {
    let named = |name: &str, value: Option<&Text>| match value {
        Some(value) => Variable::new(name, value.clone(), Source::Definition),
        None => machines(name, at),
    };
    let mut variables = vec![named("FLY_APP_NAME", app), named("PRIMARY_REGION", region)];
    let chosen = [
        "FLY_MACHINE_ID",
        "FLY_ALLOC_ID",
        "FLY_REGION",
        "FLY_PUBLIC_IP",
        "FLY_PRIVATE_IP",
        "FLY_IMAGE_REF",
        "FLY_MACHINE_VERSION",
        "FLY_PROCESS_GROUP",
        "FLY_VM_MEMORY_MB",
    ];
    variables.extend(chosen.map(|name| machines(name, at)));
    variables
}

/// Those that Railway gives (docs.railway.com, "Railway-provided variables").
pub(super) fn railway(at: Region) -> Vec<Variable> {
    let chosen = [
        "RAILWAY_PROJECT_NAME",
        "RAILWAY_PROJECT_ID",
        "RAILWAY_ENVIRONMENT",
        "RAILWAY_ENVIRONMENT_NAME",
        "RAILWAY_ENVIRONMENT_ID",
        "RAILWAY_SERVICE_NAME",
        "RAILWAY_SERVICE_ID",
        "RAILWAY_REPLICA_ID",
        "RAILWAY_DEPLOYMENT_ID",
        "RAILWAY_PRIVATE_DOMAIN",
    ];
    chosen.map(|name| machines(name, at)).to_vec()
}

/// Those that App Engine gives (cloud.google.com/appengine/docs, "Environment variables").
pub(super) fn app_engine(at: Region) -> Vec<Variable> {
    let chosen = [
        "GAE_APPLICATION",
        "GAE_DEPLOYMENT_ID",
        "GAE_INSTANCE",
        "GAE_RUNTIME",
        "GAE_SERVICE",
        "GAE_VERSION",
        "GOOGLE_CLOUD_PROJECT",
    ];
    chosen.map(|name| machines(name, at)).to_vec()
}

/// Those that Cloud Foundry gives (docs.cloudfoundry.org, "App environment variables"): what is bound to an application
/// stands in `VCAP_SERVICES`.
pub(super) fn cloud_foundry(at: Region) -> Vec<Variable> {
    let chosen =
        ["VCAP_APPLICATION", "VCAP_SERVICES", "CF_INSTANCE_INDEX", "CF_INSTANCE_GUID", "CF_INSTANCE_ADDR", "CF_INSTANCE_IP"];
    chosen.map(|name| machines(name, at)).to_vec()
}

fn known(name: &str, value: &str, at: Region) -> Variable {
    Variable::new(name, Text::known(value, at), Source::Definition)
}

/// A variable whose text the platform chooses.
fn machines(name: &str, at: Region) -> Variable {
    let why = Why::Machine(format!("the platform's {name}").into());
    let shown: Arc<str> = format!("${{{name}}}").into();
    Variable::new(name, Text::unknown(shown, why, at), Source::Definition)
}
