//! Files of platforms that say which variables the project is handed, and not how it is started: Elastic Beanstalk, Zappa,
//! ECS, App Runner, Copilot, Serverless.

use std::sync::Arc;

use shipworthy_model::picture::{Command, Source, Text, Variable};
use shipworthy_model::{ArtifactId, Region, Stage, Why};

use super::shell;
use crate::piece::Piece;
use crate::yaml::{self, Node};

/// Variables that a file hands the project, and for which of its stages.
#[derive(Debug)]
pub(crate) struct Given {
    /// What hands them, for reports.
    pub(crate) by: &'static str,
    /// The stage that the file itself names; neutral where it names none.
    pub(crate) stage: Stage,
    pub(crate) variables: Vec<Variable>,
    pub(crate) at: Region,
    /// What runs on each release.
    pub(crate) release: Vec<Command>,
    /// Whether the project is handed them; others are only spelt out.
    pub(crate) hands: bool,
}

/// What a file hands out.
pub(crate) fn given(path: &str, text: &str, artifact: ArtifactId) -> Vec<Given> {
    let documents = yaml::read(text, artifact);
    let lower = path.to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or(&lower);
    let mut found = Vec::new();
    for root in &documents.roots {
        if lower.contains(".ebextensions/") {
            found.push(beanstalk(root));
        } else if name.starts_with("zappa_settings") {
            found.extend(root.entries().map(|(stage, settings)| zappa(root, stage, settings, 0)));
        } else if name.starts_with("apprunner") {
            let run = root.get("run").and_then(|run| run.get("env"));
            found.push(Given::new("App Runner", listed(run.map(|it| &**it), "name", "value"), root.at));
        } else if name.starts_with("serverless") {
            let shared = mapped(root.path(&["provider", "environment"]));
            let functions = root.get("functions").iter().flat_map(|it| it.entries()).collect::<Vec<_>>();
            let own = functions.iter().flat_map(|(_, function)| mapped(function.get("environment").map(|it| &**it)));
            found.push(Given::new("serverless", shared.into_iter().chain(own.collect::<Vec<_>>()).collect(), root.at));
        } else if lower.starts_with("copilot/") || lower.contains("/copilot/") {
            found.push(Given::new("copilot", mapped(root.get("variables").map(|it| &**it)), root.at));
            for (stage, settings) in root.get("environments").iter().flat_map(|it| it.entries()) {
                let own = Given::new("copilot", mapped(settings.get("variables").map(|it| &**it)), stage.at);
                found.push(Given { stage: Stage::of(&stage.text), ..own });
            }
        } else {
            tasks(root, &mut found, 0);
        }
    }
    found.retain(|it| !it.variables.is_empty() || !it.release.is_empty());
    found
}

impl Given {
    fn new(by: &'static str, variables: Vec<Variable>, at: Region) -> Self {
        Self { by, stage: Stage::Neutral, variables, at, release: Vec::new(), hands: true }
    }
}

/// The options of the environment's own namespace, as a list or by namespaces, which is also that of an option without one
/// (docs.aws.amazon.com/elasticbeanstalk, "Option settings"); and the commands that run before a version serves.
fn beanstalk(root: &Node) -> Given {
    const NAMESPACE: &str = "aws:elasticbeanstalk:application:environment";
    let mut made = Given::new("Elastic Beanstalk", Vec::new(), root.at);
    if let Some(settings) = root.get("option_settings") {
        made.variables.extend(mapped(settings.get(NAMESPACE).map(|it| &**it)));
        let own = settings
            .items()
            .iter()
            .filter(|item| item.get("namespace").is_none_or(|namespace| namespace.str() == Some(NAMESPACE)));
        for item in own {
            let name = item.get("option_name").and_then(|name| name.piece());
            let value = item.get("value").map(|value| &**value);
            made.variables.extend(name.and_then(|name| variable(name, value)));
        }
    }
    let mut commands: Vec<(&Piece, &Arc<Node>)> = root.get("container_commands").iter().flat_map(|it| it.entries()).collect();
    commands.sort_by(|one, other| one.0.text.cmp(&other.0.text));
    made.release = commands.iter().filter_map(|(_, it)| it.get("command")?.piece().map(shell)).collect();
    made
}

/// A stage, with what it extends (github.com/zappa/Zappa, "Advanced Settings").
fn zappa(root: &Node, stage: &Piece, settings: &Node, depth: usize) -> Given {
    let above = settings.get("extends").and_then(|it| it.str()).filter(|_| depth < 4).and_then(|it| root.get(it));
    let mut variables = above.map_or_else(Vec::new, |above| zappa(root, stage, above, depth + 1).variables);
    for key in ["aws_environment_variables", "environment_variables"] {
        Variable::overlay(&mut variables, mapped(settings.get(key).map(|it| &**it)));
    }
    Given { stage: Stage::of(&stage.text), ..Given::new("Zappa", variables, stage.at) }
}

/// The containers of task definitions of ECS, wherever a file has them: of its own, or in a template of `CloudFormation`.
fn tasks(node: &Node, found: &mut Vec<Given>, depth: usize) {
    const DEEPEST: usize = 12;
    if depth > DEEPEST {
        return;
    }
    for item in node.items() {
        let is_container = item.get("image").is_some() && item.get("environment").is_some();
        if is_container && depth == 0 {
            container(item, found);
        } else {
            tasks(item, found, depth + 1);
        }
    }
    for (key, value) in node.entries() {
        if matches!(&*key.text, "containerDefinitions" | "ContainerDefinitions") {
            value.items().iter().for_each(|item| container(item, found));
        } else {
            tasks(value, found, depth + 1);
        }
    }
}

fn container(item: &Node, found: &mut Vec<Given>) {
    let get = |lower: &str, upper: &str| item.get(lower).or_else(|| item.get(upper)).map(|it| &**it);
    let mut variables = listed(get("secrets", "Secrets"), "name", "value");
    variables.extend(listed(get("secrets", "Secrets"), "Name", "Value"));
    let own = get("environment", "Environment");
    Variable::overlay(&mut variables, listed(own, "name", "value"));
    Variable::overlay(&mut variables, listed(own, "Name", "Value"));
    let name = get("name", "Name").and_then(Node::str).unwrap_or_default();
    found.push(Given { stage: Stage::of(name), ..Given::new("a task definition of ECS", variables, item.at) });
}

fn listed(node: Option<&Node>, name: &str, value: &str) -> Vec<Variable> {
    let items = node.map(Node::items).unwrap_or_default().iter();
    items.filter_map(|item| variable(item.get(name)?.piece()?, item.get(value).map(|it| &**it))).collect()
}

fn mapped(node: Option<&Node>) -> Vec<Variable> {
    node.iter().flat_map(|node| node.entries()).filter_map(|(name, value)| variable(name, Some(value))).collect()
}

/// A variable; what refers to something else is not known.
fn variable(name: &Piece, value: Option<&Node>) -> Option<Variable> {
    if !crate::references::is_name(&name.text) {
        return None;
    }
    let refers = |node: &Node| node.tag.is_some() || node.str().is_some_and(|text| text.contains("${") || text.contains("{{"));
    let text = value.filter(|node| !refers(node)).and_then(Node::text);
    let unknown = || Text::unknown(format!("${{{}}}", name.text), Why::Variable(name.text.clone()), name.at);
    Some(Variable::new(name.text.clone(), text.unwrap_or_else(unknown), Source::Definition))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(path: &str, text: &str) -> Vec<String> {
        let given = given(path, text, ArtifactId(0));
        let one = |it: &Given| {
            let values = it.variables.iter().map(|it| format!("{}={}", it.name, it.value.expose().unwrap_or("?")));
            format!("{:?} {}", it.stage, values.collect::<Vec<_>>().join(" "))
        };
        given.iter().map(one).collect()
    }

    #[test]
    fn files_hand_out_variables() {
        for (path, text, expected) in [
            (
                ".ebextensions/app.config",
                "option_settings:\n  aws:elasticbeanstalk:application:environment:\n    A: \"1\"\n  aws:elasticbeanstalk:container:python:\n    WSGIPath: x\n",
                vec!["Neutral A=1"],
            ),
            (
                ".ebextensions/app.config",
                "option_settings:\n- namespace: aws:elb:loadbalancer\n  option_name: B\n  value: 2\n- option_name: A\n  value: 1\n",
                vec!["Neutral A=1"],
            ),
            (
                "zappa_settings.json",
                r#"{"base": {"environment_variables": {"A": "1"}}, "production": {"extends": "base", "aws_environment_variables": {"B": "2"}}}"#,
                vec!["Base A=1", "Production A=1 B=2"],
            ),
            (
                "deploy/task-definition.json",
                r#"{"containerDefinitions": [{"name": "web", "environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "${B}"}], "secrets": [{"name": "C", "valueFrom": "arn"}]}]}"#,
                vec!["Neutral C=? A=1 B=?"],
            ),
            (
                "cloudformation/stack.yml",
                "Resources:\n  Task:\n    Type: AWS::ECS::TaskDefinition\n    Properties:\n      ContainerDefinitions:\n      - Name: web\n        Environment:\n        - Name: A\n          Value: '1'\n        - Name: B\n          Value: !Ref Bucket\n",
                vec!["Neutral A=1 B=?"],
            ),
            ("apprunner.yaml", "run:\n  env:\n  - name: A\n    value: 1\n", vec!["Neutral A=1"]),
            (
                "copilot/web/manifest.yml",
                "variables:\n  A: 1\nenvironments:\n  test:\n    variables:\n      A: 2\n",
                vec!["Neutral A=1", "Development A=2"],
            ),
        ] {
            assert_eq!(shown(path, text), expected, "{path}");
        }
    }
}
