//! What the routers of platforms do on their own for HTTPS.

use shipworthy_model::picture::{Ingress, Platform};
use shipworthy_model::{ArtifactId, Region, Truth, Unknown, Why};

use crate::picture::Reader;
use crate::places::folder_of;

/// The router of a platform, as far as it answers for HTTPS. Render sends plain HTTP on to HTTPS (render.com/docs/tls).
/// Dokku's nginx does, and sends `Strict-Transport-Security`, once an application has a certificate
/// (dokku.com/docs/configuration/ssl); it is Dokku's Procfile where the app.json beside it speaks of Dokku.
pub(crate) fn router(
    platform: Platform,
    path: &str,
    files: &[(String, Reader, String)],
    artifact: ArtifactId,
) -> Option<Ingress> {
    let at = Region::new(artifact, 0, 0);
    match platform {
        Platform::Render => Some(Ingress::new("the router of Render", at, Truth::Yes, Truth::No)),
        Platform::Heroku => {
            let beside = |other: &str, reader: Reader| reader == Reader::AppJson && folder_of(other) == folder_of(path);
            let is_dokkus = files.iter().any(|(other, reader, text)| beside(other, *reader) && text.contains("\"dokku\""));
            let why = || Unknown::new(Why::Machine("a certificate for Dokku's nginx".into()), Some(at));
            let open = || Truth::Unknown(why());
            is_dokkus.then(|| Ingress::new("the nginx of Dokku", at, open(), open()))
        }
        Platform::Compose
        | Platform::Kubernetes
        | Platform::Fly
        | Platform::AppEngine
        | Platform::Railway
        | Platform::AppPlatform
        | Platform::CloudFoundry
        | Platform::Machine
        | Platform::Image => None,
    }
}
