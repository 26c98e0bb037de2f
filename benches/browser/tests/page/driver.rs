//! A browser without a window, driven over WebDriver.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use fantoccini::actions::{InputSource, MouseActions, PointerAction};
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use url::{ParseError, Url};

/// An open browser.
pub struct Browser {
    client: Client,
    driver: Child,
    /// What it says goes on to have a reader.
    _output: BufReader<ChildStdout>,
    profile: TempDir,
}

/// So wide and high is the window of a desk.
pub const DESK: (u32, u32) = (1280, 900);

/// The same of a phone.
pub const PHONE: (u32, u32) = (390, 844);

impl Browser {
    /// Opens one; `None` where none is installed, which is a failure if `REQUIRE_CHROMIUM` is set.
    pub async fn start((width, height): (u32, u32)) -> Option<Self> {
        let mut driver = match Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .spawn()
        {
            Ok(driver) => driver,
            Err(error) => {
                let missing = format!(
                    "no browser to test with (chromedriver: {error}): apt-get install chromium chromium-driver"
                );
                assert!(std::env::var_os("REQUIRE_CHROMIUM").is_none(), "{missing}");
                eprintln!("skipped: {missing}");
                return None;
            }
        };
        let mut output = BufReader::new(driver.stdout.take().unwrap());
        let port = output.by_ref().lines().find_map(|line| {
            let line = line.unwrap();
            line.split_once("successfully on port ")?.1.trim_end_matches('.').parse::<u16>().ok()
        });
        let profile = tempfile::tempdir().unwrap();
        let arguments = [
            "--headless=new".to_owned(),
            // Root may not have the sandbox; what is opened is ours.
            "--no-sandbox".into(),
            "--disable-gpu".into(),
            "--disable-dev-shm-usage".into(),
            "--no-first-run".into(),
            "--disable-background-networking".into(),
            "--disable-component-update".into(),
            "--disable-sync".into(),
            format!("--window-size={width},{height}"),
            format!("--user-data-dir={}", profile.path().display()),
        ];
        let wanted = json!({
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        });
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let Value::Object(wanted) = wanted else { unreachable!() };
        builder.capabilities(wanted);
        let address = format!("http://127.0.0.1:{}", port.expect("chromedriver says its port"));
        let client = builder.connect(&address).await.unwrap();
        let browser = Self { client, driver, _output: output, profile };
        // A window is never narrower than 500 pixels; what a page is laid out for may be.
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        browser.cdp("Emulation.setDeviceMetricsOverride", metrics).await;
        // What the browser opened by itself, and what it asked for then, is no matter of the page.
        browser.client.goto("about:blank").await.unwrap();
        browser.requests().await;
        browser.console().await;
        Some(browser)
    }

    /// Opens this file.
    pub async fn open(&self, page: &Path) {
        self.client.goto(&format!("file://{}", page.display())).await.unwrap();
    }

    /// Opens this file with what is picked.
    pub async fn open_at(&self, page: &Path, fragment: &str) {
        // Another fragment of an open page does not load it again.
        self.client.goto("about:blank").await.unwrap();
        self.client.goto(&format!("file://{}#{fragment}", page.display())).await.unwrap();
    }

    /// What a script returns.
    pub async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// What an expression is.
    pub async fn eval(&self, expression: &str) -> Value {
        self.run(&format!("return {expression}")).await
    }

    /// The words of an element, as they are shown.
    pub async fn text(&self, selector: &str) -> String {
        self.client.find(Locator::Css(selector)).await.unwrap().text().await.unwrap()
    }

    /// Puts words into a field, in place of what is there.
    pub async fn fill(&self, selector: &str, words: &str) {
        let field = self.client.find(Locator::Css(selector)).await.unwrap();
        field.clear().await.unwrap();
        field.send_keys(words).await.unwrap();
    }

    /// Picks what has this value.
    pub async fn pick(&self, selector: &str, value: &str) {
        self.client
            .find(Locator::Css(selector))
            .await
            .unwrap()
            .select_by_value(value)
            .await
            .unwrap();
    }

    /// Clicks an element.
    pub async fn click(&self, selector: &str) {
        self.client.find(Locator::Css(selector)).await.unwrap().click().await.unwrap();
    }

    /// Types keys where the focus is.
    pub async fn keys(&self, keys: &str) {
        self.client.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    /// Moves the pointer to the middle of an element.
    pub async fn point_at(&self, selector: &str) {
        let element = self.client.find(Locator::Css(selector)).await.unwrap();
        let to = PointerAction::MoveToElement { element, duration: None, x: 0.0, y: 0.0 };
        self.client.perform_actions(MouseActions::new("mouse".into()).then(to)).await.unwrap();
    }

    /// What the console was told.
    pub async fn console(&self) -> Vec<String> {
        let log = self.post("se/log", &json!({ "type": "browser" })).await;
        log.as_array().unwrap().iter().map(Value::to_string).collect()
    }

    /// Every address that was asked for since the last time this was asked.
    pub async fn requests(&self) -> Vec<String> {
        let log = self.post("se/log", &json!({ "type": "performance" })).await;
        let messages = log.as_array().unwrap().iter().map(|entry| {
            serde_json::from_str::<Value>(entry["message"].as_str().unwrap()).unwrap()
        });
        let sent = messages.filter(|one| one["message"]["method"] == "Network.requestWillBeSent");
        sent.map(|one| one["message"]["params"]["request"]["url"].as_str().unwrap().to_owned())
            .collect()
    }

    /// A command of the browser's own protocol.
    pub async fn cdp(&self, command: &str, parameters: Value) -> Value {
        self.post("goog/cdp/execute", &json!({ "cmd": command, "params": parameters })).await
    }

    async fn post(&self, path: &'static str, body: &Value) -> Value {
        self.client.issue_cmd(Post { path, body: body.to_string() }).await.unwrap()
    }
}

impl Drop for Browser {
    /// Ends the driver, and the browser too: it would outlive a test that failed.
    fn drop(&mut self) {
        let _ = self.driver.kill();
        let _ = self.driver.wait();
        let profile = self.profile.path().display().to_string();
        let _ = Command::new("pkill").args(["-KILL", "-f", &profile]).status();
    }
}

#[derive(Debug)]
struct Post {
    path: &'static str,
    body: String,
}

impl WebDriverCompatibleCommand for Post {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.body.clone()))
    }
}
