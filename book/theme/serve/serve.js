// Loads a page of `cargo xtask book serve` anew when another build than its own is shown. It asks again and again, and is
// answered at once: a browser has six connections to one server for all of its windows, and none may keep one to itself.
(() => {
    const { build } = document.currentScript.dataset;
    let asked = 0;
    const ask = async () => {
        const own = ++asked;
        while (own === asked && !document.hidden) {
            try {
                const answer = await fetch('/-/changes', { cache: 'no-store', signal: AbortSignal.timeout(5000) });
                if (answer.ok && await answer.text() !== build) {
                    location.reload();
                    return;
                }
            } catch {
                // The server is gone. It may come back.
            }
            await new Promise(then => setTimeout(then, 300));
        }
    };
    document.addEventListener('visibilitychange', ask);
    // Also when it comes back as it was left.
    addEventListener('pageshow', ({ persisted }) => persisted && ask());
    ask();
})();
