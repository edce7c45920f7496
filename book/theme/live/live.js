// The buttons of `cargo xtask live`: which step is to run is asked of the server, and what happens is
// heard from it, so that a page loaded anew and a second window show the same. It is asked again and again, and answers at
// once: a browser has six connections to one server for all of its windows, and none may keep one to itself.

const { token, path, steps: canRun, texts } = JSON.parse(document.getElementById('live-data').textContent);

// How many of a command's first lines are shown, and how many of its last; how many things are put on
// the page in one frame.
const SHOWN = 200;
const AT_ONCE = 100;

// How often the server is asked, in milliseconds: of a step that runs here, of what others do, of the counter.
const RUNNING = 100;
const IDLE = 300;
const COUNTER = 1000;

// How long an answer may take, in milliseconds: a connection that is silent for longer is dead, as it may be after a sleep.
const SILENCE = 10000;

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
};
// What stays the same is left alone: somebody may have selected it.
const write = (element, text) => {
    if (element.textContent !== text) {
        element.textContent = text;
    }
};
const frame = () => new Promise(requestAnimationFrame);
const pause = ms => new Promise(then => setTimeout(then, ms));
const ask = (method, address) => fetch(address, {
    method,
    headers: { 'X-Live-Token': token },
    cache: 'no-store',
    signal: AbortSignal.timeout(SILENCE),
});

// The panel

const hits = make('strong', { className: 'live-hits', textContent: '–' });
const count = make('span');
const bar = make('progress', { value: 0 });
const note = make('p', { className: 'live-note', hidden: true });
// What a screen reader says; what is seen says the same elsewhere.
const told = make('p', { className: 'live-told' });
told.setAttribute('role', 'status');
const panel = make('aside', { id: 'live' });
panel.setAttribute('aria-label', texts.panel);
bar.setAttribute('aria-hidden', 'true');

const button = (text, className, click) => {
    const element = make('button', { type: 'button', className, textContent: text });
    // It keeps the focus while there is nothing for it to do.
    element.addEventListener('click', () => element.getAttribute('aria-disabled') === 'true' || click());
    return element;
};
const able = (element, is) => element.setAttribute('aria-disabled', String(!is));

const say = text => {
    write(note, text);
    note.hidden = !text;
};
const announce = text => {
    told.textContent = text;
};

const post = async address => {
    say('');
    try {
        const answer = await ask('POST', address);
        if (!answer.ok) {
            const text = answer.status === 403 ? texts.stale : await answer.text();
            say(text);
            announce(text);
            return false;
        }
        listen();
        return true;
    } catch {
        say(texts.gone);
        announce(texts.gone);
        return false;
    }
};
const run = number => post(`${path}/steps/${number}`);
const stop = () => post('/-/live/stop');

const all = button(texts.all, 'live-all', () => post(`${path}/all`));
const halt = button(texts.stop, 'live-stop', stop);
const over = button(texts.over, 'live-over', () => post(`${path}/start-over`));
able(halt, false);

const letters = make('input', { type: 'checkbox', checked: localStorage.getItem('live-letters') !== 'no' });
letters.addEventListener('change', () => localStorage.setItem('live-letters', letters.checked ? 'yes' : 'no'));
const keys = make('details', { className: 'live-keys' },
    make('summary', { textContent: texts.keyboard }),
    make('ul', {}, ...texts.keys.map(([key, what]) =>
        make('li', {}, make('kbd', { textContent: key }), ` ${what}`))),
    make('label', {}, letters, ` ${texts.letters}`));

panel.append(make('p', { className: 'live-counter' }, `${texts.counter} `, hits));
if (canRun.length > 0) {
    panel.append(
        make('p', { className: 'live-progress' }, count, bar),
        make('div', { className: 'live-buttons' }, all, halt, over),
        note, keys);
} else {
    panel.append(make('p', { textContent: texts.none }), note);
}
panel.append(told);
document.querySelector('.page').append(panel);
document.documentElement.classList.add('live');

// The steps

const steps = [...document.querySelectorAll('main pre.console')].map((block, index) => {
    const number = index + 1;
    const values = { step: number };
    const start = button(fill(texts.run_step, values), 'live-run', () => {
        choose(number);
        run(number);
    });
    const end = button(texts.stop, 'live-stop', stop);
    end.hidden = true;
    const verdict = make('span', { className: 'live-verdict' });
    const region = (className, label) => {
        const element = make('pre', { className, hidden: true, tabIndex: 0 });
        element.setAttribute('role', 'region');
        element.setAttribute('aria-label', fill(label, values));
        return element;
    };
    const output = region('live-output', texts.output);
    const diff = region('live-diff', texts.diff);
    const legend = make('p', { className: 'live-legend', textContent: texts.legend, hidden: true });
    const box = make('div', { className: 'live-step', tabIndex: -1 });
    box.setAttribute('role', 'group');
    box.setAttribute('aria-label', fill(texts.step, values));
    box.append(make('div', { className: 'live-bar' }, ...(canRun[index] ? [start] : []), end, verdict),
        output, legend, diff);
    block.after(box);
    return { number, block, box, start, end, verdict, output, diff, legend, command: null, good: null, ended: '' };
});

const clear = step => {
    step.good = null;
    step.ended = '';
    step.command = null;
    step.output.replaceChildren();
    step.diff.replaceChildren();
    step.verdict.textContent = '';
    step.output.hidden = step.diff.hidden = step.legend.hidden = true;
    delete step.box.dataset.kind;
};

const progress = () => {
    const mine = steps.filter(step => canRun[step.number - 1]);
    const done = mine.filter(step => step.good).length;
    write(count, fill(texts.progress, { done, all: mine.length }));
    bar.max = Math.max(mine.length, 1);
    bar.value = done;
};

// A command's output: its first lines, how many were left out, and its last ones.
const line = (step, { number, stderr, text }) => {
    const { head, gap, tail } = step.command;
    step.command.left += number - step.command.last - 1;
    step.command.last = number;
    const element = make('span', { className: stderr ? 'live-line live-stderr' : 'live-line', textContent: `${text}\n` });
    if (head.childElementCount < SHOWN && step.command.left === 0) {
        head.append(element);
        return;
    }
    tail.append(element);
    if (tail.childElementCount > SHOWN) {
        tail.firstElementChild.remove();
        step.command.left += 1;
    }
    if (step.command.left > 0) {
        const lines = step.command.left.toLocaleString(document.documentElement.lang);
        gap.textContent = `${fill(texts.left_out, { count: lines })}\n`;
    }
};

const differences = text => text.split('\n').filter(row => row.trim()).map(row => {
    const sign = row.match(/^\s*\d*\s*\d*\s*([-+])/)?.[1];
    const className = { '-': 'live-line live-expected', '+': 'live-line live-found' }[sign] ?? 'live-line';
    return make('span', { className, textContent: `${row}\n` });
});

// The step that is run next by the keyboard, and the one after whose good end the next is chosen.
let current = 0;
let goOn = 0;

const choose = number => {
    current = number;
    for (const step of steps) {
        if (step.number === number) {
            step.box.setAttribute('aria-current', 'step');
        } else {
            step.box.removeAttribute('aria-current');
        }
    }
};

// Whether the reader sees a step's button.
const isSeen = ({ start, box, number }) => {
    const { top, bottom } = (canRun[number - 1] ? start : box).getBoundingClientRect();
    return top >= barHeight() && bottom <= innerHeight;
};
const barHeight = () => document.getElementById('mdbook-menu-bar')?.offsetHeight ?? 0;

// What a step prints below the reader's window is moved into it, if they look at the step.
const follow = step => {
    if (isSeen(step)) {
        step.box.scrollIntoView({ block: 'nearest' });
    }
};

// The next step is the one at hand; it is moved into the window if what was printed stays there.
const next = step => {
    const other = steps[step.number];
    if (!other) {
        return;
    }
    choose(other.number);
    const height = other.box.getBoundingClientRect().bottom - step.box.getBoundingClientRect().top;
    if (height <= innerHeight - barHeight()) {
        (canRun[other.number - 1] ? other.start : other.box).focus({ preventScroll: true });
        other.box.scrollIntoView({ block: 'nearest' });
    }
};

const go = number => {
    const step = steps[number - 1];
    if (!step) {
        return;
    }
    choose(number);
    step.block.closest('details:not([open])')?.setAttribute('open', '');
    (canRun[number - 1] ? step.start : step.box).focus({ preventScroll: true });
    step.block.scrollIntoView({ block: 'start' });
};

const happened = {
    reset: () => steps.forEach(clear),
    note: ({ text }, isNew) => {
        say(text);
        if (isNew) {
            announce(text);
        }
    },
    start: ({ step }, isNew) => {
        clear(steps[step - 1]);
        if (isNew) {
            say('');
            announce(fill(texts.running, { step }));
        }
    },
    command: ({ step: number, command }, isNew) => {
        const step = steps[number - 1];
        const [head, gap, tail] = ['live-head', 'live-gap', 'live-tail'].map(className => make('span', { className }));
        const text = `$ ${command.replaceAll('\n', '\n> ')}\n`;
        step.output.append(make('span', { className: 'live-command', textContent: text }), head, gap, tail);
        step.command = { head, gap, tail, last: 0, left: 0 };
        step.output.hidden = false;
        if (isNew) {
            follow(step);
        }
    },
    line: item => line(steps[item.step - 1], item),
    end: ({ step: number, good, kind, text, diff }, isNew) => {
        const step = steps[number - 1];
        step.good = good;
        step.ended = `${good ? '✓' : '✗'} ${text}`;
        step.box.dataset.kind = good ? 'good' : 'bad';
        if (diff) {
            step.diff.replaceChildren(...differences(diff));
            step.diff.hidden = step.legend.hidden = false;
        }
        if (isNew) {
            announce(fill(texts.ended, { step: number, text }));
            follow(step);
        }
        if (goOn === number && good && kind !== 'stopped') {
            next(step);
        }
        goOn = goOn === number ? 0 : goOn;
    },
};

let busy = null;
const show = now => {
    busy = now;
    for (const step of steps) {
        // A step's end may be told while the server still has it as what runs.
        const runs = Boolean(busy?.here) && busy.step === step.number && !step.ended;
        if (!runs && document.activeElement === step.end) {
            step.start.focus({ preventScroll: true });
        }
        step.end.hidden = !runs;
        step.box.classList.toggle('live-running', runs);
        write(step.verdict, runs ? fill(texts.running, { step: step.number }) : step.ended);
    }
    able(halt, Boolean(busy?.step));
    if (busy && (!busy.here || !busy.step)) {
        say(busy.text);
    } else if (note.textContent === shownBusy) {
        say('');
    }
    shownBusy = busy && (!busy.here || !busy.step) ? busy.text : null;
};
let shownBusy = null;

// What the server tells

let last = 0;
let isFirst = true;

const apply = async ({ busy: now, items }) => {
    const news = items.filter(item => item.at > last);
    for (let from = 0; from < news.length; from += AT_ONCE) {
        await frame();
        const part = news.slice(from, from + AT_ONCE).filter(item => item.at > last);
        const printing = new Set(part.filter(item => item.type === 'line').map(item => steps[item.step - 1].output));
        // Who has scrolled up to read stays there.
        const following = [...printing].filter(output =>
            output.scrollTop === 0 || output.scrollTop + output.clientHeight >= output.scrollHeight - 4);
        for (const item of part) {
            happened[item.type](item, !isFirst);
            last = item.at;
        }
        for (const output of following) {
            output.scrollTop = output.scrollHeight;
        }
    }
    show(now);
    progress();
    if (isFirst) {
        isFirst = false;
        choose(steps.find(step => !step.good)?.number ?? steps.length);
    }
};

// Does something again and again while somebody sees the page, each time after as many milliseconds as it says, or not any more.
const again = act => {
    let begun = 0;
    return async () => {
        const own = ++begun;
        while (own === begun && !document.hidden) {
            const ms = await act();
            if (ms === undefined) {
                return;
            }
            await pause(ms);
        }
    };
};

const listen = again(async () => {
    let news;
    try {
        const answer = await ask('GET', `${path}/news/${last}`);
        if (!answer.ok) {
            say(texts.stale);
            return undefined;
        }
        news = await answer.json();
    } catch {
        say(texts.gone);
        return COUNTER;
    }
    if (note.textContent === texts.gone) {
        say('');
    }
    await apply(news);
    return busy?.here ? RUNNING : IDLE;
});

const watch = again(async () => {
    try {
        const { hits: now } = await (await ask('GET', '/-/live/hits')).json();
        write(hits, now === null ? texts.down : now.toLocaleString(document.documentElement.lang));
        hits.classList.toggle('live-down', now === null);
    } catch {
        hits.textContent = '–';
    }
    return COUNTER;
});

const see = () => {
    if (steps.length > 0) {
        listen();
    }
    watch();
};

// The keyboard

const pressed = {
    r: async () => {
        const step = steps[current - 1];
        if (canRun[current - 1] === false) {
            go(current + 1);
        } else if (step && !isSeen(step)) {
            // Nothing is run that nobody in the room has seen.
            go(current);
        } else if (current > 0) {
            // A quick step may have ended before the answer is here.
            const before = goOn;
            goOn = current;
            if (!await run(current)) {
                goOn = before;
            }
        }
    },
    j: () => go(Math.min(current + 1, steps.length)),
    k: () => go(Math.max(current - 1, 1)),
    n: () => {
        const notes = [...document.querySelectorAll('main details.notes')];
        const open = notes.some(one => !one.open);
        for (const one of notes) {
            one.open = open;
        }
        notes[0]?.querySelector('summary').focus();
    },
    x: () => busy?.step && stop(),
};
document.addEventListener('keydown', event => {
    const isText = event.target.closest?.('textarea, select, [contenteditable], input:not([type=checkbox])');
    const isPlain = !(event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.repeat || event.isComposing);
    const act = pressed[event.key.toLowerCase()];
    if (act && isPlain && !isText && letters.checked && steps.length > 0) {
        event.preventDefault();
        act();
    }
});

progress();
document.addEventListener('visibilitychange', see);
// Also when it comes back as it was left.
addEventListener('pageshow', ({ persisted }) => persisted && see());
see();
