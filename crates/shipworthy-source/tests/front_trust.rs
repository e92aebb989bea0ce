//! What front ends were seen to do with a client's own headers and with unknown hosts, asked of their models.

#![allow(clippy::unwrap_used)] // a test may stop

use shipworthy_model::Artifacts;
use shipworthy_model::front::{Front, FrontKind, Request, Scheme, Stranger};
use shipworthy_source::{MemoryTree, fronts};

fn front(kind: FrontKind, text: &str) -> Front {
    let mut artifacts = Artifacts::default();
    let artifact = artifacts.add("front.conf", text);
    let mut reading = fronts::read(kind, &MemoryTree::default(), &mut artifacts, artifact);
    assert_eq!(reading.notices, [], "{text}");
    reading.fronts.remove(0)
}

/// Whether a client chooses what arrives of a header with a plain request.
fn spoofs(front: &Front, header: &str) -> bool {
    let request = Request::http("shop.test", "/");
    let answers = front.answers(&request);
    let [answer] = answers.as_slice() else { panic!("{answers:?}") };
    answer.traffic.unwrap().forwards(header).is_clients_for(&request).is_yes()
}

#[test]
fn forwarded_headers_are_the_clients_or_not() {
    let nginx = |inside: &str| format!("server {{ listen 80; server_name shop.test; {inside} }}");
    let pass = "proxy_pass http://127.0.0.1:8000;";
    for (text, spoofed) in [
        (nginx(&format!("location / {{ {pass} }}")), true),
        (nginx(&format!("location / {{ proxy_set_header X-Forwarded-Proto $scheme; {pass} }}")), false),
        (nginx(&format!("location / {{ proxy_set_header X-Forwarded-Proto $http_x_forwarded_proto; {pass} }}")), true),
        (
            nginx(&format!("proxy_set_header X-Forwarded-Proto $scheme; location / {{ proxy_set_header Host $host; {pass} }}")),
            true,
        ),
        (nginx("location / { proxy_set_header X-Forwarded-Proto $scheme; uwsgi_pass 127.0.0.1:3031; }"), true),
        (nginx("location / { uwsgi_param HTTP_X_FORWARDED_PROTO $scheme; uwsgi_pass 127.0.0.1:3031; }"), false),
    ] {
        assert_eq!(spoofs(&front(FrontKind::Nginx, &text), "X-Forwarded-Proto"), spoofed, "{text}");
    }
    for (inside, spoofed) in [
        ("reverse_proxy app:8000", false),
        ("reverse_proxy app:8000 {\nheader_up X-Forwarded-Proto {header.X-Forwarded-Proto}\n}", true),
        ("reverse_proxy app:8000 {\ntrusted_proxies 0.0.0.0/0\n}", true),
        ("reverse_proxy app:8000 {\ntrusted_proxies private_ranges\n}", false),
    ] {
        let text = format!("http://shop.test {{\n{inside}\n}}\n");
        assert_eq!(spoofs(&front(FrontKind::Caddy, &text), "X-Forwarded-Proto"), spoofed, "{text}");
    }
    for (rule, spoofed) in [
        ("", true),
        ("http-request set-header X-Forwarded-Proto https if { ssl_fc }", true),
        ("http-request set-header X-Forwarded-Proto http if !{ ssl_fc }", false),
        ("http-request add-header X-Forwarded-Proto https", true),
        ("http-request del-header X-Forwarded-Proto", false),
    ] {
        let text = format!(
            "frontend f\n mode http\n bind :80\n {rule}\n default_backend b\nbackend b\n mode http\n server a app:8000\n"
        );
        assert_eq!(spoofs(&front(FrontKind::HaProxy, &text), "X-Forwarded-Proto"), spoofed, "{text}");
    }
    for (inside, header, spoofed) in [
        ("ProxyPass / http://127.0.0.1:8000/", "X-Forwarded-Proto", true),
        ("ProxyPass / http://127.0.0.1:8000/", "X-Forwarded-Host", true),
        ("RequestHeader unset X-Forwarded-Host\nProxyPass / http://127.0.0.1:8000/", "X-Forwarded-Ssl", true),
        ("RequestHeader set X-Forwarded-Proto http\nProxyPass / http://127.0.0.1:8000/", "X-Forwarded-Proto", false),
        ("WSGIScriptAlias / /srv/wsgi.py", "X-Forwarded-Proto", true),
        ("RequestHeader unset X-Forwarded-Proto early\nWSGIScriptAlias / /srv/wsgi.py", "X-Forwarded-Proto", false),
    ] {
        let text = format!("<VirtualHost *:80>\nServerName shop.test\n{inside}\n</VirtualHost>\n");
        assert_eq!(spoofs(&front(FrontKind::Apache, &text), header), spoofed, "{text}");
    }
}

/// What arrives of a header with a plain request of a client that sends this one.
fn arrives(front: &Front, header: &str, sent: &str) -> Option<String> {
    let request = Request::http("shop.test", "/").with(header, sent);
    let answers = front.answers(&request);
    let [answer] = answers.as_slice() else { panic!("{answers:?}") };
    answer.traffic.unwrap().forwards(header).arrives(&request, header).unwrap()
}

/// Traefik with a route for `shop.test` over plain HTTP, and more options of its entry point.
fn traefik(more: &str) -> String {
    format!(
        "entryPoints:\n  web:\n    address: ':80'\n{more}http:\n  routers:\n    shop:\n      rule: Host(`shop.test`)\n      \
         entryPoints: [web]\n      service: shop\n  services:\n    shop:\n      loadBalancer:\n        servers:\n          \
         - url: http://app:8000\n"
    )
}

/// One row of what was measured: over plain HTTP a client sent `X-Forwarded-Proto: https`, `X-Forwarded-Host: evil.example` and
/// `X-Forwarded-Ssl: on` to a site for `shop.test`, and the application saw them, or what the front end put in their place.
#[test]
fn each_front_end_passes_on_what_it_was_measured_to() {
    use FrontKind::{Apache, Caddy, HaProxy, Nginx, Traefik};
    let nginx = |inside: &str| format!("server {{ listen 80; server_name shop.test; {inside} }}");
    let pass = "proxy_pass http://127.0.0.1:8201;";
    // Debian's proxy_params.
    let params = "proxy_set_header Host $host; proxy_set_header X-Real-IP $remote_addr; \
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme;";
    let caddy = |inside: &str| format!("http://shop.test {{\nreverse_proxy app:8000 {{\n{inside}\n}}\n}}\n");
    let haproxy = |rule: &str| {
        format!("frontend f\n mode http\n bind :80\n {rule}\n default_backend b\nbackend b\n mode http\n server a app:8000\n")
    };
    let apache = |inside: &str| format!("<VirtualHost *:80>\nServerName shop.test\n{inside}\n</VirtualHost>\n");
    let all = [true, true, true];
    let rows: [(&str, FrontKind, String, [bool; 3]); 16] = [
        ("nginx, bare", Nginx, nginx(&format!("location / {{ {pass} }}")), all),
        ("nginx, Debian's proxy_params", Nginx, nginx(&format!("location / {{ {params} {pass} }}")), [false, true, true]),
        (
            "nginx, a header in the location drops those of the server",
            Nginx,
            nginx(&format!(
                "proxy_set_header Host $host; proxy_set_header X-Forwarded-Proto $scheme; location / {{ proxy_set_header A b; {pass} }}"
            )),
            all,
        ),
        (
            "nginx, uwsgi_pass",
            Nginx,
            nginx("location / { proxy_set_header X-Forwarded-Proto $scheme; uwsgi_pass 127.0.0.1:3031; }"),
            all,
        ),
        (
            "nginx, uwsgi_pass and uwsgi_param",
            Nginx,
            nginx("location / { uwsgi_param HTTP_X_FORWARDED_PROTO $scheme; uwsgi_pass 127.0.0.1:3031; }"),
            [false, true, true],
        ),
        ("Caddy", Caddy, caddy(""), [false, false, true]),
        ("Caddy, copied", Caddy, caddy("header_up X-Forwarded-Proto {header.X-Forwarded-Proto}"), [true, false, true]),
        ("HAProxy", HaProxy, haproxy(""), all),
        ("HAProxy, for TLS only", HaProxy, haproxy("http-request set-header X-Forwarded-Proto https if { ssl_fc }"), all),
        ("HAProxy, always", HaProxy, haproxy("http-request set-header X-Forwarded-Proto http"), [false, true, true]),
        ("Apache, mod_proxy", Apache, apache("ProxyPass / http://127.0.0.1:8000/"), all),
        ("Apache, mod_wsgi", Apache, apache("WSGIScriptAlias / /srv/wsgi.py"), all),
        (
            "Apache, mod_wsgi, unset",
            Apache,
            apache("RequestHeader unset X-Forwarded-Proto early\nWSGIScriptAlias / /srv/wsgi.py"),
            [false, true, true],
        ),
        ("Traefik", Traefik, traefik(""), [false, false, true]),
        ("Traefik, insecure", Traefik, traefik("    forwardedHeaders:\n      insecure: true\n"), all),
        (
            "Traefik, trusting itself",
            Traefik,
            traefik("    forwardedHeaders:\n      trustedIPs: [127.0.0.1/32]\n"),
            [false, false, true],
        ),
    ];
    for (name, kind, text, measured) in rows {
        let front = front(kind, &text);
        let sent = [("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Ssl", "on")];
        for ((header, sent), clients) in sent.into_iter().zip(measured) {
            // What a front end writes into X-Forwarded-Host is the Host, which is the client's word too.
            assert!(header == "X-Forwarded-Host" || spoofs(&front, header) == clients, "{name}: {header}");
            // Django reads the leftmost of several values.
            let first = arrives(&front, header, sent).map(|it| it.split(',').next().unwrap_or_default().trim().to_owned());
            assert_eq!(first.as_deref() == Some(sent), clients, "{name}: {header} arrives as {first:?}");
        }
    }
}

/// What a client leaves out, Traefik sets, also for one that it believes.
#[test]
fn traefik_says_the_scheme_to_everybody() {
    for options in ["", "    forwardedHeaders:\n      insecure: true\n"] {
        let front = front(FrontKind::Traefik, &traefik(options));
        let request = Request::http("shop.test", "/");
        let answers = front.answers(&request);
        let traffic = answers[0].traffic.unwrap();
        let arrives = |header| traffic.forwards(header).arrives(&request, header).unwrap();
        assert_eq!(arrives("X-Forwarded-Proto").as_deref(), Some("http"), "{options}");
        assert_eq!(arrives("X-Forwarded-Host").as_deref(), Some("shop.test"), "{options}");
    }
}

/// The host that the application sees, and what a request in absolute form makes of it.
#[test]
fn the_host_arrives_as_measured() {
    let nginx = |inside: &str| format!("server {{ listen 80; server_name shop.test; location / {{ {inside} }} }}");
    let host = |kind, text: &str| arrives(&front(kind, text), "Host", "shop.test");
    let bare = host(FrontKind::Nginx, &nginx("proxy_pass http://127.0.0.1:8201;"));
    assert_eq!(bare.as_deref(), Some("127.0.0.1:8201"), "nginx names the upstream unless it is told");
    let kept = host(FrontKind::Nginx, &nginx("proxy_set_header Host $host; proxy_pass http://127.0.0.1:8201;"));
    assert_eq!(kept.as_deref(), Some("shop.test"));
    for (text, raw) in [("$http_host", true), ("$host", false)] {
        let front = front(FrontKind::Nginx, &nginx(&format!("proxy_set_header Host {text}; proxy_pass http://127.0.0.1:8201;")));
        let request = Request::http("shop.test", "/");
        let is_raw = front.answers(&request)[0].traffic.unwrap().forwards("host").is_raw_host();
        assert_eq!(is_raw, raw, "`GET http://shop.test/` with another Host gets past the server names by {text}");
    }
    let apache = |inside: &str| format!("<VirtualHost *:80>\nServerName shop.test\n{inside}\n</VirtualHost>\n");
    let off = host(FrontKind::Apache, &apache("ProxyPass / http://127.0.0.1:8000/"));
    assert_eq!(off.as_deref(), Some("127.0.0.1:8000"), "ProxyPreserveHost is off unless it is told");
    let on = host(FrontKind::Apache, &apache("ProxyPreserveHost On\nProxyPass / http://127.0.0.1:8000/"));
    assert_eq!(on.as_deref(), Some("shop.test"));
    assert_eq!(host(FrontKind::Caddy, "http://shop.test {\nreverse_proxy app:8000\n}\n").as_deref(), Some("shop.test"));
}

#[test]
fn strangers_are_turned_away_or_served() {
    let app = "location / { proxy_pass http://app:8000; }";
    let served = |kind, text: &str| match front(kind, text).stranger(Scheme::Http, 80) {
        Stranger::Served(_) => true,
        Stranger::Rejected(_) => false,
        other => panic!("{other:?}\n{text}"),
    };
    for (text, expected) in [
        (format!("server {{ server_name shop.test; {app} }}"), true),
        (format!("server {{ return 444; }} server {{ server_name _; {app} }}"), false),
        (format!("server {{ server_name shop.test; {app} }} server {{ listen 80 default_server; return 421; }}"), false),
        (format!("server {{ server_name shop.test; {app} }} server {{ server_name _; return 444; }}"), true),
    ] {
        assert_eq!(served(FrontKind::Nginx, &text), expected, "{text}");
    }
    assert!(!served(FrontKind::Caddy, "http://shop.test {\nreverse_proxy app:8000\n}\n"));
    assert!(served(FrontKind::Caddy, ":80 {\nreverse_proxy app:8000\n}\n"));
    assert!(served(
        FrontKind::Apache,
        "<VirtualHost *:80>\nServerName shop.test\nProxyPass / http://app:8000/\n</VirtualHost>\n"
    ));
    let haproxy = |rule: &str| {
        format!("frontend f\n mode http\n bind :80\n {rule}\n default_backend b\nbackend b\n mode http\n server a app:8000\n")
    };
    assert!(served(FrontKind::HaProxy, &haproxy("")));
    assert!(!served(FrontKind::HaProxy, &haproxy("http-request deny deny_status 421 unless { hdr(host) -i shop.test }")));
}

#[test]
fn plain_requests_are_sent_to_tls() {
    for (text, expected) in [
        ("server { server_name a.test; return 301 https://$host$request_uri; }", true),
        ("server { server_name a.test; rewrite ^ https://a.test$request_uri permanent; }", true),
        ("server { server_name a.test; if ($scheme = http) { return 301 https://$host$request_uri; } root /srv; }", true),
        ("server { server_name a.test; location / { return 302 http://b.test/; } }", false),
    ] {
        assert_eq!(front(FrontKind::Nginx, text).sites[0].redirects_to_https().is_yes(), expected, "{text}");
    }
    let caddy = front(FrontKind::Caddy, "a.test {\nrespond ok\n}\n");
    assert!(caddy.site_for("a.test", 80).unwrap().redirects_to_https().is_yes(), "automatic HTTPS redirects");
}

#[test]
fn labels_and_arguments_make_a_front_end() {
    use fronts::traefik::{Given, Labels, read_labels};
    let at = shipworthy_model::Region::whole(shipworthy_model::ArtifactId(0));
    let given = |(key, value): (&'static str, &'static str)| Given { key, value, at };
    let arguments = [("--entrypoints.web.address", ":80"), ("--entrypoints.secure.address", ":443")].map(given);
    let labels = [
        ("traefik.enable", "true"),
        ("traefik.http.routers.shop.rule", "Host(`shop.test`)"),
        ("traefik.http.routers.shop.entrypoints", "secure"),
        ("traefik.http.routers.shop.tls", "true"),
        ("traefik.http.routers.plain.rule", "Host(`shop.test`)"),
        ("traefik.http.routers.plain.entrypoints", "web"),
        ("traefik.http.routers.plain.middlewares", "tls"),
        ("traefik.http.middlewares.tls.redirectscheme.scheme", "https"),
        ("traefik.http.services.shop.loadbalancer.server.port", "8000"),
    ]
    .map(given);
    let services = [Labels { service: "web", labels: labels.to_vec() }];
    let reading = read_labels("compose.yml", shipworthy_model::ArtifactId(0), &arguments, &services);
    let front = &reading.fronts[0];
    let [plain] = front.answers(&Request::http("shop.test", "/x")).try_into().unwrap();
    assert!(plain.handler.as_redirect().unwrap().is_to_https().is_yes());
    let [secure] = front.answers(&Request::https("shop.test", "/x")).try_into().unwrap();
    let address = secure.handler.as_proxy().unwrap().servers[0].address.clone().unwrap();
    assert_eq!(address, shipworthy_model::front::Address::Net("web".into(), Some(8000)));
    assert!(secure.traffic.unwrap().forwards("X-Forwarded-Proto").is_clients().is_no());
    assert!(matches!(front.stranger(Scheme::Https, 443), Stranger::Rejected(_)));
}
