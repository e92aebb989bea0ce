//! Routes: what the text of the root URL configuration says of its views, without loading it.

use std::sync::Arc;

use crate::Region;

/// What the root URL configuration says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Routes {
    /// Routes to views of Django's that serve files, whatever `DEBUG` is.
    pub file_views: Vec<FileView>,
    /// The error views that it names: the name by which Django asks for one, the dotted path, and where.
    pub error_views: Vec<(Arc<str>, Arc<str>, Region)>,
}

/// A route to a view that serves files.
#[derive(Clone, Debug, PartialEq)]
pub struct FileView {
    /// The route as written.
    pub route: Arc<str>,
    /// The dotted path of the view.
    pub view: Arc<str>,
    /// Whether it lists folders.
    pub indexes: bool,
    /// Where.
    pub at: Region,
}
