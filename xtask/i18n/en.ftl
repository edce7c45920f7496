# What `cargo xtask` says, in English. Each text is in pt-BR.ftl too, with the same values.

## Steps
step-images = images
step-build = build
step-up = up
step-visit = visit
step-down = down
step-lose = lose
step-hits = hits
failed = failed

## The demo
stack = The Twelfth Factor, on the stack “{ $stack }”: { $told }
told-compose = Docker { $engine }, Compose { $compose }
told-host = a real Redis ({ $path }), and the app as plain processes
told-embedded = pocket-redis in the place of Redis (it keeps nothing), and the app as plain processes
not-this-stack =
    The stack “{ $stack }” cannot be had here, so the next one is tried:
    { $reason }
kept =
    The stack stays up: { $url }
    Remove it with: { $command }
proved = Proved: after each reset the counter restarted from 1, in the release { $release } that the app itself runs.
lost = all is gone, the data too; another stack is up: { $url }
proved-all = Proved: the backup brought back what was lost with the stack, and the counter went on from { $visits }.
on-a-stand-in = This ran on pocket-redis, a stand-in: it counts as Redis does, and keeps nothing.
last-words = The last lines of the services:
interrupted = Stopped, as you asked.
stopping = Stopping, and cleaning up…
built-elsewhere = The app that answers was not built from these sources: its release is { $release }, and their build { $build }
two-lines =
    expected: { $expected }
    found:    { $found }
disagree = { $what }: expected “{ $expected }”, found “{ $found }”
should-differ = { $what }: “{ $one }” in both places, where two different ones were expected
environment-differs = environment: these variables are not the same in both containers: { $names }
not-up = the stack is not up

## Proofs
proof-container = container
proof-image = image
proof-same-container = in the worker's own container { $container }
proof-new-container = run makes a new container (seen on one kept for a look: { $container }; the worker's is { $worker })
proof-same-image = of the same image { $image }…
proof-same-environment = with the same environment: { $environment }
proof-same-environment-of-both = with the same environment: { $environment } (and { $others })
proof-same-release = in the same release { $release }

## Images
app-here = { $image } is here, and current (build { $build })
app-built = { $image } was built in a container (build { $build })
app-loaded = { $image } was loaded from the kit (build { $build })
app-packed = { $image } was packed from binaries built on this host (build { $build }); it could not be built in a container: { $reason }
app-impossible =
    The app's image can neither be built nor packed.
    To build it failed: { $built }
    To pack it failed: { $packed }
redis-chosen = { $image } plays Redis, as REDIS_IMAGE says
redis-here = { $image } is here
redis-loaded = { $image } was loaded from the kit
redis-pulled = { $image } was pulled
redis-stand-in = { $image } takes the place of { $real }, which cannot be had here: a stand-in that keeps nothing (.env names it)
redis-impossible =
    The image { $image } can neither be pulled nor be replaced by the stand-in.
    To pull it failed: { $pulled }
    To pack the stand-in failed: { $packed }
not-pulled-offline = { $image } is not here, and no registry is to be asked
not-built-offline = --offline forbids the build in a container, which asks cargo's registry
other-platform = binaries built on this host do not run on the engine's platform, { $platform }
not-in-file = { $file } does not hold “{ $marker }”

## What is missing
no-repository = { $dir } is not inside this repository
no-repository-cure = Run the command inside a copy of the repository.
no-docker = Docker is not installed: there is no “docker” on the PATH
no-docker-cure = Install it (https://docs.docker.com/get-docker/), or run the demo without it: { $xtask } demo --stack embedded
not-docker = The program that goes by the name “docker” here is not Docker's: { $program }
not-docker-cure = Install Docker in its place (https://docs.docker.com/get-docker/), or run the demo without it: { $xtask } demo --stack embedded
engine-elsewhere = Docker's engine is on another machine ({ $address }): the stack's ports would open there, and not here
engine-elsewhere-cure = Use an engine on this machine (“unset DOCKER_HOST DOCKER_CONTEXT”, “docker context use default”), work on that machine, or run the demo without Docker: { $xtask } demo --stack embedded
engine-down = Docker's engine does not run: { $reason }
engine-down-cure = Start it: “sudo systemctl start docker” on Linux, Docker Desktop elsewhere.
engine-silent = Docker's engine does not answer: { $reason }
engine-silent-cure = Restart it: “sudo systemctl restart docker” on Linux, Docker Desktop elsewhere.
engine-forbidden = Docker's engine runs, but you have no permission to use its socket
engine-forbidden-cure = Join its group with “sudo usermod -aG docker $USER”, then log in anew.
no-compose = Docker Compose is not installed
no-compose-cure = Install it: “sudo apt-get install docker-compose-plugin”, or see https://docs.docker.com/compose/install/
no-disk = The disk is full: { $reason }
no-disk-cure = Make room: “docker system df” shows what Docker holds, “docker system prune” removes what nothing uses.
no-disk-here-cure = Make room there, or take another place.
no-redis = There is no “redis-server” on the PATH
no-redis-cure = Install it (“sudo apt-get install redis-server”, “brew install redis”), or run the demo without it: { $xtask } demo --stack embedded

## What went wrong
program-failed = “{ $program }” failed ({ $status })
took-too-long = “{ $program }” did not end within { $seconds } s
printed-too-much = “{ $program }” printed more than { $size } MiB, and was ended
cargo-build = cargo build ({ $packages })
no-binary = the build made no program called { $name }
no-host-triple = the compiler does not say which host this is
worker-ended = the worker has ended (exit code { $code })
not-healthy = not healthy within { $seconds } s: { $reason }
redis-not-ready =
    Redis does not start:
    { $log }
web-not-ready = web does not start
bad-status = { $url } answered { $status }: { $body }
bad-inspect = docker inspect did not tell what was expected: { $reason }
left-behind =
    Something is left behind. Remove it with:
        { $commands }
doing-start = cannot start “{ $program }”
doing-signals = cannot listen to Ctrl-C
doing-find-repository = cannot find the repository
doing-pack = cannot pack the image { $image }
doing-port = cannot find a free port
doing-temporary = a temporary folder
doing-json = cannot print the report

## The doctor
doctor-image-here = here
doctor-image-missing = not here, or not of this tree: “{ $xtask } images” makes it
doctor-stand-in = not here: a stand-in plays Redis, which is enough for the demo; the pages need “{ $xtask } images” where a registry can be reached, or a kit
doctor-no-git = not here: what “verify” executes cannot be tied to a commit, and no kit can be saved
doctor-no-buildx = not here: images are packed from binaries built on this host, or install docker-buildx-plugin
doctor-port-free = free
doctor-port-taken = taken ({ $error }): stop what uses it
doctor-no-curl = not here: the pages visit the app with it (“sudo apt-get install curl”)
doctor-proxy = { $names }: neither the pages nor the demo ask it, for they visit this machine alone; images are pulled by the proxy of the engine's own settings
doctor-leftover = { $project } was not removed: docker compose --project-name { $project } down --volumes --remove-orphans
doctor-choice = “{ $xtask } demo” would take the stack “{ $stack }”.
doctor-ready = Ready for the book: every page can be run, without network too.
doctor-not-ready = Not ready for the book, missing: { $lacking }. Do what the lines above say, then run it again: { $xtask } doctor

## The book
step-turn = turn
step-in-a-row = all in a row
step-not-run = · not run: { $reason }
steps = steps: { $count }
no-page = The book has no page “{ $name }”
no-page-cure = The nearest names: { $names }
no-compose-2 = The book's pages use Docker Compose v2 or later, and only v1 is here
no-turn = another run has held { $path } for an hour
no-lock = { $path }, by which those who use port { $port } take turns, belongs to the user { $owner }, and you may not read it
no-lock-cure = Let everyone read it (“sudo chmod a+r { $path }”), or, where no page runs, remove it: sudo rm { $path }
port-taken = Port { $port }, which the pages use, is taken: { $by }
port-taken-cure = Stop what uses it, and try again.
step-book = book
live-ready =
    The book is live: { $url }
    Ctrl-C ends it, and removes what it started.
live-port-taken = Port { $port } is taken: { $by }
live-port-taken-cure = Stop what uses it, or take another: { $xtask } live --port { $other }
live-port-refused = Port { $port } cannot be used: { $reason }
live-port-refused-cure = Take another one: { $xtask } live --port 3000
no-such-project = “{ $project }” is no project of the book's
chapter-matched = Every output is what the page shows.
pages-matched = Pages: { $count }. Every output is what they show.
pages-wrong = Wrong: { $count }
page-matched = matched
page-differs = differs
left-running = left running until the chapter ends: { $processes }
by-signal = a signal
wrong-output = The output is not the page's:
wrong-stderr = It printed on stderr:
wrong-status = exit status expected: { $expected }, found: { $found }
wrong-limit = not at its end within { $seconds } s
wrong-too-much = it printed more than { $size } MiB, and was ended
wrong-start = could not be started: { $reason }
text-utf-16 = it is UTF-16, as PowerShell's “>” writes it; save it as UTF-8
text-nul = line { $line } holds a NUL byte: it is UTF-16 or damaged; save it as UTF-8
text-not-utf-8 = line { $line } is not UTF-8; save the file as UTF-8
rule-unclosed-fence = the fence is not closed
rule-bad-info = “{ $info }” is neither a step nor anything else: write console, and attributes after commas
rule-bad-attribute = “{ $attribute }” is no attribute: stderr, timeout=SECONDS and norun="why" are
rule-norun-without-reason = norun gives no reason: norun="why"
rule-no-command = the block holds no command: a line that starts with “$ ”
rule-empty-command = there is no command after the “$”
rule-output-before-command = an output comes before any command
rule-bad-status = the expected exit status “{ $status }” is no number; if it is what the command prints, write “\? { $status }”
rule-only-wildcards = the output is nothing but wildcards, and would match anything
rule-control-character = the line holds a control character, which no reader sees
rule-include-in-step = a step includes nothing: write what it runs and what that prints
rule-include-outside-listing = a file is included outside a fence of its own: a step in it would be shown, and not be run
rule-include-ends-listing = “{ $file }” holds a line that ends the fence around it, or includes another file
rule-step-in-footnote = a footnote holds no step: readers find it at the end of the page
rule-fence-in-html = a fence inside HTML is shown as it is, and not run: leave an empty line between the tag and the fence
rule-command-outside-step = a command is shown that nothing runs: make it a step, a fence that starts with ```console
rule-no-language = the fence names no language: console for a step, text for what is no command
rule-unknown-language = “{ $language }” is no language of the book: a command is a step (console); for another, add it to LANGUAGES in book/runbook/src/stray.rs
rule-bad-page = “{ $link }” is no page beside the table of contents, or is one twice: link to NAME.md, once
rule-bad-head = “{ $line }” is no line of the head matter: minutes: N, translates: HASHES

## The presentation
no-terminal = A presentation needs a terminal, for what it shows and for the keys
no-terminal-cure = Run it in a terminal of Linux, macOS or WSL, without redirecting it; without --present it runs anywhere.
doing-terminal = the terminal cannot be used
no-step = The page “{ $name }” has no step { $number }
no-step-cure = It has { $count }, counted from 1.
steps-before = steps before ({ $count })
present-step = step { $number } of { $count }
present-last = to read on
present-notes = Speaker notes
no-notes = This page has no speaker notes.
present-sum = Steps as the page shows: { $matched }, different: { $differing }, not run: { $left }.
seconds = { $whole }.{ $tenths } s
verdict-matched = as the page shows, after { $time }
verdict-hint = r runs this step afresh: on another stack, after the steps before it.
side-page = the page
side-printed = printed
listing-left = … and { $count } more lines
keys-more = Enter more · s skip · b back · n notes · q quit
keys-run = Enter run · s skip · b back · n notes · q quit
keys-next = Enter next · a again · r afresh · b back · n notes · q quit
keys-end = Enter end · b back · n notes · q quit
keys-notes = any key: go on

## The kit
step-programs = programs
step-image = { $image }
step-write = file
step-unpack = unpacking
kit-saved = The kit is in { $file }: { $size } MB, build { $build }, for { $host }.
kit-ready = Ready without network: build { $build }.
kit-commands =
    cd "{ $folder }"
    { "./start" } doctor      what this machine has, and what it lacks
    { "./start" } demo        the story, from the start to the proof
    { "./start" } run reset   a page, its commands executed and compared
    { "./start" } live        the book, with a button on every step
    The book, to read: { $book }
kit-refused =
    { $file } was refused: { $reason }
    Nothing was unpacked or loaded. Copy it again.
kit-foreign = it is no kit of this format ({ $found })
kit-cut-off = it is cut off: { $whole } of { $all } files are whole
kit-no-head = it is cut off at its very beginning
kit-no-end = it is cut off: its files are whole, and its end is missing
kit-altered = it was altered: { $path } is not what its checksum says
kit-unlisted = it holds { $path }, which its list does not name
kit-unread = { $file } cannot be read: { $reason }
kit-unlike = what was written to { $file } is not what is read from it: { $reason }
kit-other-image = { $image } is another tree's image by now: save the kit again
kit-platform = The kit was made for { $made }, and this machine is { $this }
kit-platform-cure = Nothing was loaded. Ask for a kit that was saved on a machine like this one.
kit-there = { $folder } holds this very kit already, whole
kit-there-damaged = { $folder } holds this kit, but { $path } in it is not what its checksum says
kit-in-the-way = { $folder } is there, and is not this kit
kit-in-the-way-cure = Nothing was unpacked or loaded. Move the folder away, or name another folder with --to.
kit-which = No kit was named
kit-which-cure = Name the file: { $xtask } kit load FILE
kit-in-kit = This is a kit already
kit-in-kit-cure = Copy the .tar file that it was unpacked from.
kit-folder = { $file } is a folder
kit-folder-cure = Name a file: { $xtask } kit save { $file }
kit-no-redis = A kit needs an image of a real Redis, and here { $image } plays it
kit-no-redis-cure = Where a registry can be reached: docker pull { $image }. An image of your own choice (REDIS_IMAGE) does not go into a kit.
kit-stray = { $path } is among the sources that are built, and git does not know it
kit-stray-cure = Add it with “git add { $path }”, or remove it, and save the kit again.
kit-sources-changed = The sources were changed while the kit was made: save it again
kit-no-git = A kit holds the files that git knows, and git does not tell them: { $reason }
kit-no-git-cure = Save it from a clone of the repository, with git installed.
kit-changed = The sources of { $package } in this kit were changed, and its programs were built from the unchanged ones
kit-changed-cure = Undo the change, or build it in a clone of the repository, on a machine that has Rust.
