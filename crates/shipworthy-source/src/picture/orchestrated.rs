//! Kubernetes.

use super::Reader;
use super::finish::Maker;

/// Reads manifests.
pub(super) fn read(maker: &mut Maker<'_>, files: &[(String, Reader, String)]) {
    let _ = (maker, files);
}
