//! Roles: what a unit is for, by what it runs and which image it is.

use shipworthy_model::picture::{Role, Runs, Unit};

/// The role that the name of an image or program says.
pub(super) fn of_name(name: &str) -> Option<Role> {
    const NAMES: [(Role, &[&str]); 8] = [
        (
            Role::Database,
            &[
                "postgres",
                "postgresql",
                "postgis",
                "timescale",
                "pgvector",
                "mysql",
                "mysqld",
                "mariadb",
                "mariadbd",
                "percona",
                "mongo",
                "cockroach",
                "spilo",
                "clickhouse",
                "couchdb",
                "neo4j",
                "influxdb",
            ],
        ),
        (Role::Cache, &["redis", "redis-server", "valkey", "keydb", "memcached", "dragonfly"]),
        (Role::Broker, &["rabbitmq", "nats", "kafka", "activemq", "mosquitto", "zookeeper", "redpanda"]),
        (
            Role::FrontEnd,
            &[
                "nginx",
                "caddy",
                "traefik",
                "haproxy",
                "httpd",
                "apache",
                "envoy",
                "openresty",
                "varnish",
                "swag",
                "nginx-proxy",
                "jwilder",
            ],
        ),
        (Role::Mail, &["mailhog", "mailpit", "maildev", "mailcatcher", "postfix", "smtp", "inbucket", "smtp4dev", "mailserver"]),
        (Role::Search, &["elasticsearch", "opensearch", "solr", "meilisearch", "typesense", "vespa", "manticore"]),
        (Role::Storage, &["minio", "azurite", "localstack", "seaweedfs", "garage", "rustfs", "fake-gcs-server"]),
        (
            Role::Monitor,
            &[
                "flower",
                "pgadmin",
                "pgadmin4",
                "adminer",
                "phpmyadmin",
                "grafana",
                "prometheus",
                "kibana",
                "redisinsight",
                "dozzle",
                "jaeger",
                "portainer",
                "rq-dashboard",
                "dashboard",
                "exporter",
            ],
        ),
    ];
    let name = name.to_ascii_lowercase();
    NAMES
        .iter()
        .find(|(_, words)| words.iter().any(|word| name == *word))
        .or_else(|| {
            NAMES.iter().rev().find(|(_, words)| {
                words
                    .iter()
                    .any(|word| word.len() > 4 && name.split(|c: char| !c.is_ascii_alphanumeric()).any(|part| part == *word))
            })
        })
        .map(|(role, _)| *role)
}

/// What a unit is for.
pub(super) fn role(unit: &Unit, base: Option<&str>, only_steps: bool) -> Role {
    if unit.role != Role::Other {
        return unit.role;
    }
    if unit.schedule.is_some() {
        return Role::Job;
    }
    let mut roles: Vec<Role> = unit
        .processes
        .iter()
        .map(|process| match &process.runs {
            Runs::Server(_) => Role::Web,
            Runs::Manage(_) | Runs::Worker(_) => Role::Worker,
            Runs::Scheduler(_) => Role::Scheduler,
            Runs::Monitor(_) => Role::Monitor,
            Runs::FrontEnd(_) => Role::FrontEnd,
            Runs::Other(name) | Runs::Unknown(name) => of_name(name).unwrap_or(Role::Other),
        })
        .collect();
    // A unit that serves the project does so whatever else it runs.
    roles.sort();
    let own = roles.first().copied().filter(|role| *role != Role::Other);
    let image = || unit.image_name().and_then(of_name).or_else(|| base.and_then(of_name));
    own.or_else(image).unwrap_or(if only_steps { Role::Job } else { Role::Other })
}

/// The name of an image without registry and tag.
pub(super) fn base_name(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or(image);
    let name = image.rsplit('/').next().unwrap_or(image);
    name.split(':').next().unwrap_or(name)
}
