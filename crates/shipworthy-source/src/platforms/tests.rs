//! Tests of the readers of platforms.

use super::*;

#[test]
fn procfiles() {
    let drafts =
        procfile("Procfile", "# x\nrelease: ./manage.py migrate\nweb: gunicorn a:b\nworker: celery -A x worker\n", ArtifactId(0));
    assert_eq!(drafts.len(), 2);
    assert_eq!(drafts[0].release.len(), 1);
    assert_eq!(drafts[0].unit.ports[0].how, Publishing::Router);
}

#[test]
fn fly_and_render() {
    let text = "app = 'x'\n[env]\nDEBUG = 'False'\n[processes]\napp = 'gunicorn x'\nworker = 'celery worker'\n[deploy]\nrelease_command = 'python manage.py migrate'\n[http_service]\ninternal_port = 8000\n[[http_service.checks]]\npath = '/health'\n";
    let (drafts, notices) = fly("fly.toml", text, ArtifactId(0));
    assert!(notices.is_empty());
    assert_eq!((drafts.len(), drafts[0].unit.probes.len(), drafts[1].unit.ports.len()), (2, 1, 0));
    assert_eq!(drafts[0].unit.ports[0].number(), Some(8000));
    let text = "services:\n- type: web\n  name: w\n  startCommand: gunicorn x\n  envVars:\n  - key: SECRET_KEY\n    generateValue: true\n  - key: A\n    value: b\ndatabases:\n- name: db\n";
    let (drafts, notices) = render("render.yaml", text, ArtifactId(0));
    assert!(notices.is_empty());
    let given = |name: &str| drafts[0].unit.variable(name).map(|it| it.value.expose());
    assert_eq!((given("SECRET_KEY"), given("A"), given("RENDER")), (Some(None), Some(Some("b")), Some(Some("true"))));
    assert_eq!(drafts[1].unit.role, Role::Database);
}
