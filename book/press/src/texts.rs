//! What the pages say around their authors' words: the names of buttons, of landmarks, of results.

/// The texts of one language.
#[derive(Debug)]
pub struct Texts {
    /// How long a page takes, one minute and more.
    pub minutes: [&'static str; 2],
    /// The columns of a schedule: when something begins and ends, what it is, how long it takes. Short: a phone is narrow.
    pub schedule_columns: [&'static str; 4],
    /// Its rows that are no pages: a break, the whole, what is left.
    pub schedule_rows: [&'static str; 3],
    /// Before the exit status of a command that does not end with 0.
    pub exit_status: &'static str,
    /// Before the reason why a step does not run unattended.
    pub norun: &'static str,
    /// The names of the months.
    pub months: [&'static str; 12],
    /// Between day, month and year.
    pub of: &'static str,
    /// When, at which commit, with which engine and which Compose the commands of a page were executed.
    pub proof: [&'static str; 6],
    /// The table of contents.
    pub contents: &'static str,
    /// The button that shows and hides it.
    pub toggle_contents: &'static str,
    /// The button that opens the list of themes.
    pub change_theme: &'static str,
    /// The list.
    pub themes: &'static str,
    /// The system's theme, the light and the dark one.
    pub theme_names: [&'static str; 3],
    /// The button that opens the search.
    pub toggle_search: &'static str,
    /// The search itself.
    pub search: &'static str,
    /// The links to the pages before and after.
    pub page_navigation: &'static str,
    /// The page before.
    pub previous: &'static str,
    /// The page after.
    pub next: &'static str,
    /// The list of keys: its title, and its lines as HTML.
    pub keys: [&'static str; 5],
    /// The page that is shown where there is none: its title, and what to do.
    pub not_found: [&'static str; 2],
    /// The button that copies a block, what it says when it has, and when it could not.
    pub copy: [&'static str; 3],
    /// The button that shows the hidden lines of a block, and hides them again.
    pub hidden_lines: [&'static str; 2],
    /// How many results a search has: one, none, more; what follows one's or more's number.
    pub results: [&'static str; 3],
    /// A result's excerpt.
    pub teaser: &'static str,
}

impl Texts {
    /// How long a page takes, such as “10 minutes”.
    pub fn minutes(&self, minutes: u32) -> String {
        format!("{minutes} {}", self.minutes[usize::from(minutes != 1)])
    }
}

/// English.
pub static ENGLISH: Texts = Texts {
    minutes: ["minute", "minutes"],
    schedule_columns: ["From", "To", "Page", "Minutes"],
    schedule_rows: ["Break", "Total", "Left for questions and help"],
    exit_status: "exit status",
    norun: "Not executed by the tests:",
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    of: " ",
    proof: [
        "The commands of this page were last executed on",
        "(UTC), at commit",
        ", with Docker Engine",
        "and Compose",
        ", and with Docker Engine",
        ". What they printed is what the page shows.",
    ],
    contents: "Table of contents",
    toggle_contents: "Show or hide the table of contents",
    change_theme: "Change theme",
    themes: "Themes",
    theme_names: ["Auto", "Light", "Dark"],
    toggle_search: "Search (S or /)",
    search: "Search this book",
    page_navigation: "Previous and next page",
    previous: "Previous page",
    next: "Next page",
    keys: [
        "Keyboard shortcuts",
        "<kbd>←</kbd> or <kbd>→</kbd>: previous or next page",
        "<kbd>S</kbd> or <kbd>/</kbd>: search the book",
        "<kbd>?</kbd>: show this help",
        "<kbd>Esc</kbd>: hide this help",
    ],
    not_found: [
        "There is no such page",
        "The address leads to no page of this book. The table of contents and the search know them all.",
    ],
    copy: ["Copy to clipboard", "Copied!", "The clipboard refused"],
    hidden_lines: ["Show hidden lines", "Hide lines"],
    results: ["result for", "No results for", "results for"],
    teaser: "Excerpt",
};

/// Brazilian Portuguese.
pub static PORTUGUESE: Texts = Texts {
    minutes: ["minuto", "minutos"],
    schedule_columns: ["De", "Até", "Página", "Minutos"],
    schedule_rows: ["Intervalo", "Total", "Sobra para perguntas e ajuda"],
    exit_status: "código de saída",
    norun: "Os testes não executam este passo:",
    months: [
        "janeiro",
        "fevereiro",
        "março",
        "abril",
        "maio",
        "junho",
        "julho",
        "agosto",
        "setembro",
        "outubro",
        "novembro",
        "dezembro",
    ],
    of: " de ",
    proof: [
        "Os comandos desta página foram executados pela última vez em",
        "(UTC), no commit",
        ", com o Docker Engine",
        "e o Compose",
        " e com o Docker Engine",
        ". O que eles imprimiram é o que a página mostra.",
    ],
    contents: "Sumário",
    toggle_contents: "Mostrar ou esconder o sumário",
    change_theme: "Mudar o tema",
    themes: "Temas",
    theme_names: ["Automático", "Claro", "Escuro"],
    toggle_search: "Buscar (S ou /)",
    search: "Buscar neste livro",
    page_navigation: "Página anterior e próxima",
    previous: "Página anterior",
    next: "Próxima página",
    keys: [
        "Atalhos do teclado",
        "<kbd>←</kbd> ou <kbd>→</kbd>: página anterior ou próxima",
        "<kbd>S</kbd> ou <kbd>/</kbd>: buscar no livro",
        "<kbd>?</kbd>: mostrar esta ajuda",
        "<kbd>Esc</kbd>: esconder esta ajuda",
    ],
    not_found: [
        "Esta página não existe",
        "O endereço não leva a nenhuma página deste livro. O sumário e a busca conhecem todas elas.",
    ],
    copy: ["Copiar", "Copiado!", "Não foi possível copiar"],
    hidden_lines: ["Mostrar as linhas escondidas", "Esconder as linhas"],
    results: ["resultado para", "Nenhum resultado para", "resultados para"],
    teaser: "Trecho",
};
