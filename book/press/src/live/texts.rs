//! What the live pages say.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::language::Language;

/// The texts of one language; `{…}` is filled in.
#[derive(Debug)]
pub struct Texts {
    /// What the page's script says.
    pub page: Page,
    /// A step runs already: `{step}` of the chapter `{title}`.
    pub busy: &'static str,
    /// The stack is being removed.
    pub removing: &'static str,
    /// A step's verdicts, each with `{time}`.
    pub matched: &'static str,
    /// Another output.
    pub differs: &'static str,
    /// Another exit status: `{expected}`, `{found}`.
    pub status: &'static str,
    /// An exit status that is none.
    pub by_signal: &'static str,
    /// Ended at its limit.
    pub limit: &'static str,
    /// Ended since it printed more than `{size}` MiB.
    pub too_much: &'static str,
    /// Processes that a step has left running: `{processes}`.
    pub left: &'static str,
    /// Ended since somebody asked for it.
    pub stopped: &'static str,
    /// Not started: `{reason}`.
    pub not_started: &'static str,
    /// Not run: `{reason}`.
    pub not_run: &'static str,
    /// Added to a verdict that may come from it.
    pub engine: &'static str,
    /// The stack was removed, as asked.
    pub removed: &'static str,
    /// It could not be: `{reason}`.
    pub not_removed: &'static str,
    /// The stack of the chapter `{title}` was removed for this one.
    pub moved: &'static str,
    /// The stack of this chapter was removed for the chapter `{title}`.
    pub lost: &'static str,
    /// For who comes by a name or a port that is not the server's: its own `{port}`, its `{address}`, and the same by `{number}`.
    pub foreign: &'static str,
    /// What is between a number's whole and its tenths.
    pub point: &'static str,
}

/// What the page's script says.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "each is said where its name stands in live.js")]
pub struct Page {
    pub panel: &'static str,
    pub step: &'static str,
    pub run: &'static str,
    pub run_step: &'static str,
    pub all: &'static str,
    pub stop: &'static str,
    pub over: &'static str,
    pub progress: &'static str,
    pub none: &'static str,
    pub counter: &'static str,
    pub down: &'static str,
    pub running: &'static str,
    pub output: &'static str,
    pub left_out: &'static str,
    pub diff: &'static str,
    pub legend: &'static str,
    pub ended: &'static str,
    pub keyboard: &'static str,
    pub keys: [[&'static str; 2]; 5],
    pub letters: &'static str,
    pub gone: &'static str,
    pub stale: &'static str,
}

/// English.
pub static ENGLISH: Texts = Texts {
    page: Page {
        panel: "Live",
        step: "Step {step}",
        run: "Run",
        run_step: "Run step {step}",
        all: "Run all",
        stop: "Stop",
        over: "Start over",
        progress: "{done} of {all} steps done",
        none: "This page has no steps to run.",
        counter: "Counter",
        down: "no app is up",
        running: "Step {step} is running…",
        output: "Output of step {step}",
        left_out: "… {count} lines left out …",
        diff: "Difference in step {step}",
        legend: "“-” is what the page shows, “+” is what was printed.",
        ended: "Step {step}: {text}",
        keyboard: "Keyboard",
        keys: [
            ["R", "run the step and go to the next"],
            ["J", "next step, without running"],
            ["K", "step before"],
            ["N", "speaker notes"],
            ["X", "stop"],
        ],
        letters: "Single-letter keys",
        gone: "The server does not answer. Does “live” still run in its terminal?",
        stale: "“live” was started anew: reload this page.",
    },
    busy: "Step {step} of “{title}” is running. Wait until it ends, or stop it.",
    removing: "The stack is being removed. It takes a few seconds.",
    matched: "matched · {time}",
    differs: "differs from what the page shows · {time}",
    status: "exit status {found}, and the page says {expected} · {time}",
    by_signal: "none (a signal ended it)",
    limit: "not at its end after {time}, and ended",
    too_much: "printed more than {size} MiB, and ended · {time}",
    left: "left running until the chapter ends: {processes}",
    stopped: "stopped · {time}",
    not_started: "could not be started: {reason}",
    not_run: "not run: {reason}",
    engine: "The Docker engine does not answer. Start it, then start the chapter over.",
    removed: "The stack is removed: begin with the first step.",
    not_removed: "The stack could not be removed: {reason}",
    moved: "One chapter is up at a time: the stack of “{title}” was removed first.",
    lost: "One chapter is up at a time: “{title}” was run, and this chapter's stack removed. Begin with the first step.",
    foreign: "\
This is not the address of this page.

“cargo xtask live” answers at {address} and {number} only, so that no other site can run a step on this machine.

From another machine, forward the same port, and open {address} there:

    ssh -L {port}:localhost:{port} MACHINE

If something else has port {port} there, start “live” with a port that is free on both: cargo xtask live --port PORT",
    point: ".",
};

/// Brazilian Portuguese.
pub static PORTUGUESE: Texts = Texts {
    page: Page {
        panel: "Ao vivo",
        step: "Passo {step}",
        run: "Executar",
        run_step: "Executar o passo {step}",
        all: "Executar tudo",
        stop: "Parar",
        over: "Recomeçar",
        progress: "{done} de {all} passos concluídos",
        none: "Esta página não tem passos para executar.",
        counter: "Contador",
        down: "nenhuma aplicação no ar",
        running: "Executando o passo {step}…",
        output: "Saída do passo {step}",
        left_out: "… {count} linhas omitidas …",
        diff: "Diferença no passo {step}",
        legend: "“-” é o que a página mostra; “+” é o que foi impresso.",
        ended: "Passo {step}: {text}",
        keyboard: "Teclado",
        keys: [
            ["R", "executar o passo e ir para o próximo"],
            ["J", "próximo passo, sem executar"],
            ["K", "passo anterior"],
            ["N", "notas para quem apresenta"],
            ["X", "parar"],
        ],
        letters: "Atalhos de uma letra",
        gone: "O servidor não responde. O “live” ainda está em execução no terminal?",
        stale: "O “live” foi reiniciado: recarregue esta página.",
    },
    busy: "O passo {step} de “{title}” está em execução. Espere que ele termine ou pare-o.",
    removing: "A stack está sendo removida. Isso leva alguns segundos.",
    matched: "confere · {time}",
    differs: "difere do que a página mostra · {time}",
    status: "código de saída {found}, e a página diz {expected} · {time}",
    by_signal: "nenhum (um sinal o encerrou)",
    limit: "não terminou em {time} e foi encerrado",
    too_much: "imprimiu mais de {size} MiB e foi encerrado · {time}",
    left: "continua rodando até o fim do capítulo: {processes}",
    stopped: "interrompido · {time}",
    not_started: "não pôde ser iniciado: {reason}",
    not_run: "não executado: {reason}",
    engine: "O Docker não responde. Inicie-o e recomece o capítulo.",
    removed: "A stack foi removida: comece pelo primeiro passo.",
    not_removed: "Não foi possível remover a stack: {reason}",
    moved: "Só um capítulo fica no ar por vez: a stack de “{title}” foi removida antes.",
    lost: "Só um capítulo fica no ar por vez: “{title}” foi executado, e a stack deste capítulo foi removida. Comece pelo primeiro passo.",
    foreign: "\
Este não é o endereço desta página.

O “cargo xtask live” responde só em {address} e em {number}, para que nenhum outro site execute um passo nesta máquina.

De outra máquina, encaminhe a mesma porta e abra nela {address}:

    ssh -L {port}:localhost:{port} MÁQUINA

Se a porta {port} já estiver em uso por lá, inicie o “live” com uma porta livre nas duas máquinas: cargo xtask live --port PORTA",
    point: ",",
};

impl Language {
    /// What the live pages say in it.
    pub fn live(self) -> &'static Texts {
        match self {
            Language::En => &ENGLISH,
            Language::PtBr => &PORTUGUESE,
        }
    }
}

impl Texts {
    /// A time as people read it, such as “1.2 s”.
    pub fn time(&self, time: Duration) -> String {
        let tenths = (time.as_millis() + 50) / 100;
        format!("{}{}{} s", tenths / 10, self.point, tenths % 10)
    }
}

/// A text with its values filled in.
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let values: BTreeMap<&str, &str> = values.iter().copied().collect();
    let mut parts = text.split('{');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').unwrap_or((part, ""));
        filled += values.get(name).copied().unwrap_or_default();
        filled += rest;
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_filled_in_once_whatever_they_hold() {
        assert_eq!(fill("a {x} b {y}", &[("x", "{y}"), ("y", "2")]), "a {y} b 2");
    }

    #[test]
    fn a_time_is_written_as_in_the_language() {
        let time = Duration::from_millis(1249);
        assert_eq!((ENGLISH.time(time), PORTUGUESE.time(time)), ("1.2 s".to_owned(), "1,2 s".to_owned()));
    }
}
