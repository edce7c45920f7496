// The search in Portuguese. mdBook's index is made for English: here it is made anew from the pages
// that it holds, with words that are folded (no accents) and then stemmed, as what is searched for is.
(() => {
    const STOP = new Set(('a o as os e de da do das dos em na no nas nos um uma que se com por para ao aos '
        + 'ou como mas mais seu sua ele ela isso este esta esse essa').split(' '));

    // [at the end, what stands there instead, how many letters must stay before it], the longest first.
    const PLURALS = [
        ['oes', 'ao', 2], ['aes', 'ao', 2], ['ais', 'al', 2], ['eis', 'el', 2], ['ois', 'ol', 2], ['res', 'r', 3],
        ['zes', 'z', 2], ['ses', 's', 3], ['les', 'l', 2], ['ss', 'ss', 0], ['ns', 'm', 2], ['is', 'il', 4],
        ['s', '', 3],
    ];
    const endings = (least, words) => words.split(' ').map(word => [word, '', least]);
    const SUFFIXES = [
        ['logia', 'log', 2], ['encia', 'ent', 2], ['ancia', 'ant', 2], ['ucao', 'u', 3], ['uzir', 'u', 3],
        // No ending of a verb: the feminine of “-eiro”.
        ['eira', 'eir', 2],
        ...endings(3, 'amento imento adora edora idora ador edor idor acao icao avel ivel idade ismo ista '
            + 'mente ativa ativo eza'),
        // Of verbs; what may as well be the end of a stem asks for a longer one.
        ...endings(2, 'aremos eremos iremos ariamos eriamos iriamos assemos essemos issemos aramos eramos iramos '
            + 'avamos armos ermos irmos ariam eriam iriam assem essem issem arao erao irao aram eram iram avam '
            + 'arem erem irem aria eria iria arei erei irei amos emos imos iamos ando endo indo ondo '
            + 'ar er ir am em ou eu iu ei'),
        ...endings(3, 'iam asse esse isse aste este iste ava ado ada ido ida'),
        ...endings(4, 'ara era ira'),
    ].sort((a, b) => b[0].length - a[0].length);

    const fold = word => word.toLowerCase().normalize('NFD').replace(/[\u0300-\u036f]/g, '');

    const replaced = (word, rules) => {
        const fits = ([end, , least]) => word.endsWith(end) && word.length - end.length >= least;
        const rule = rules.find(fits);
        return rule ? word.slice(0, -rule[0].length) + rule[1] : word;
    };

    const stems = new Map();
    const stem = word => {
        if (!stems.has(word)) {
            const singular = replaced(word, PLURALS);
            const bare = replaced(singular, SUFFIXES).replace(/(..)[aeo]$/, '$1').replace(/(...)i$/, '$1');
            stems.set(word, bare.replace(/gu$/, 'g').replace(/qu$/, 'c'));
        }
        return stems.get(word);
    };

    const words = text => fold(String(text ?? '')).match(/[\p{L}\p{N}]+/gu) ?? [];

    elasticlunr.tokenizer = text => Array.isArray(text) ? text.flatMap(words) : words(text);
    // What marks the words that were found: they come with whatever stands around them.
    elasticlunr.stemmer = text => words(text).map(stem)[0] ?? text;

    const keep = word => STOP.has(word) ? undefined : stem(word);
    elasticlunr.Pipeline.registerFunction(keep, 'portuguese');
    elasticlunr.Index.load = ({ fields, ref, documentStore }) => {
        const index = new elasticlunr.Index();
        fields.forEach(field => index.addField(field));
        index.setRef(ref);
        index.pipeline.add(keep);
        Object.values(documentStore.docs).forEach(page => index.addDoc(page, false));
        return index;
    };
})();
