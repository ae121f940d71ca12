//! Routes built from tables, one for each row.

use leptos_router::{
    GeneratedRouteData, MatchNestedRoutes, PartialPathMatch, PathSegment, PossibleRouteMatch, RouteMatchId,
};

/// A path without parameters, such as `/sync/effects`.
#[derive(Clone, Copy, Debug)]
pub struct StaticPath(pub &'static str);

impl PossibleRouteMatch for StaticPath {
    fn optional(&self) -> bool {
        false
    }

    fn test<'a>(&self, path: &'a str) -> Option<PartialPathMatch<'a>> {
        let rest = path.strip_prefix(self.0)?;
        let matched = path.get(..self.0.len())?;
        (rest.is_empty() || rest.starts_with('/')).then(|| PartialPathMatch::new(rest, Vec::new(), matched))
    }

    fn generate_path(&self, path: &mut Vec<PathSegment>) {
        let segments = self.0.split('/').filter(|segment| !segment.is_empty());
        path.extend(segments.map(|segment| PathSegment::Static(segment.into())));
    }
}

/// Routes of the same shape, tried in order.
#[derive(Clone, Debug)]
pub struct RouteList<R>(pub Vec<R>);

impl<R: MatchNestedRoutes + 'static> MatchNestedRoutes for RouteList<R> {
    type Data = R::Data;
    type Match = R::Match;

    fn match_nested<'a>(&'a self, path: &'a str) -> (Option<(RouteMatchId, Self::Match)>, &'a str) {
        for route in &self.0 {
            if let (Some(found), rest) = route.match_nested(path) {
                return (Some(found), rest);
            }
        }
        (None, path)
    }

    fn generate_routes(&self) -> impl IntoIterator<Item = GeneratedRouteData> + '_ {
        self.0.iter().flat_map(MatchNestedRoutes::generate_routes)
    }

    fn optional(&self) -> bool {
        self.0.iter().any(MatchNestedRoutes::optional)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_static_path_matches_whole_segments() {
        let rest = |path| StaticPath("/sync/effects").test(path).map(|found| found.remaining().to_owned());
        assert_eq!(rest("/sync/effects").as_deref(), Some(""));
        assert_eq!(rest("/sync/effects/7").as_deref(), Some("/7"));
        assert_eq!(rest("/sync/effects.csv"), None);
        assert_eq!(rest("/sync"), None);
        let mut segments = Vec::new();
        StaticPath("/sync/effects").generate_path(&mut segments);
        assert_eq!(segments, [PathSegment::Static("sync".into()), PathSegment::Static("effects".into())]);
    }
}
