// The table of contents: its button works the box that mdBook's styles and script look at, and the
// page's own entry is in sight.
(() => {
    const toggle = document.getElementById('mdbook-sidebar-toggle');
    const box = document.getElementById('mdbook-sidebar-toggle-anchor');
    toggle.addEventListener('click', () => {
        box.checked = !box.checked;
        box.dispatchEvent(new Event('change'));
    });
    const list = document.querySelector('.sidebar-scrollbox');
    const active = list.querySelector('.active');
    if (active) {
        list.scrollTop = active.offsetTop - list.clientHeight / 2;
    }
})();

// The search's script is fetched when somebody searches, or has come from a search.
(() => {
    const address = document.currentScript.dataset.search;
    const toggle = document.getElementById('mdbook-search-toggle');
    let asked = false;
    const load = then => {
        if (asked) {
            return;
        }
        asked = true;
        const script = document.createElement('script');
        script.src = address;
        script.onload = then;
        document.head.append(script);
    };
    toggle.addEventListener('click', () => load(() => toggle.click()), { once: true });
    document.addEventListener('keydown', event => {
        const isPlain = !(event.altKey || event.ctrlKey || event.metaKey || event.shiftKey);
        if (!asked && isPlain && 's/'.includes(event.key) && !mdbook_something_else_has_focus(event)) {
            event.preventDefault();
            toggle.click();
        }
    });
    if (/[?&](search|highlight)=/.test(location.search)) {
        load(() => {});
    }
})();
