# O que `cargo xtask` diz, em português do Brasil. Cada texto está também em en.ftl, com os mesmos valores.

## Passos
step-images = imagens
step-build = compilação
step-up = subida
step-visit = visita
step-down = remoção
step-lose = perda
step-hits = contador
failed = falhou

## A demonstração
stack = O décimo segundo fator, na stack “{ $stack }”: { $told }
told-compose = Docker { $engine }, Compose { $compose }
told-host = um Redis de verdade ({ $path }) e a aplicação como processos comuns
told-embedded = pocket-redis no lugar do Redis (não guarda nada) e a aplicação como processos comuns
not-this-stack =
    A stack “{ $stack }” não está disponível aqui; a próxima será tentada. O motivo:
    { $reason }
kept =
    A stack continua no ar: { $url }
    Para removê-la: { $command }
proved = Provado: depois de cada reset o contador recomeçou do 1, na mesma release { $release } que a aplicação executa.
lost = tudo se perdeu, inclusive os dados; outra stack está no ar: { $url }
proved-all = Provado: o backup trouxe de volta o que se perdeu com a stack, e o contador continuou do { $visits }.
on-a-stand-in = Isto rodou no pocket-redis, um substituto: ele conta como o Redis, mas não guarda nada.
last-words = As últimas linhas dos serviços:
interrupted = Interrompido, como você pediu.
stopping = Parando e limpando tudo…
built-elsewhere = A aplicação que responde não foi compilada a partir destes fontes: a release dela é { $release }, e o build deles, { $build }
two-lines =
    esperado:   { $expected }
    encontrado: { $found }
disagree = { $what }: esperado “{ $expected }”, encontrado “{ $found }”
should-differ = { $what }: “{ $one }” nos dois lugares, onde se esperavam valores diferentes
environment-differs = ambiente: estas variáveis não são iguais nos dois contêineres: { $names }
not-up = a stack não está no ar

## Provas
proof-container = contêiner
proof-image = imagem
proof-same-container = no próprio contêiner do worker, { $container }
proof-new-container = o run cria um contêiner novo (visto em um que ficou para conferência: { $container }; o do worker é { $worker })
proof-same-image = da mesma imagem { $image }…
proof-same-environment = com o mesmo ambiente: { $environment }
proof-same-environment-of-both = com o mesmo ambiente: { $environment } (e { $others })
proof-same-release = na mesma release { $release }

## Imagens
app-here = { $image } está aqui e atualizada (build { $build })
app-built = { $image } foi construída em um contêiner (build { $build })
app-loaded = { $image } foi carregada do kit (build { $build })
app-packed = { $image } foi empacotada com binários compilados nesta máquina (build { $build }); não foi possível construí-la em um contêiner: { $reason }
app-impossible =
    A imagem da aplicação não pôde ser construída nem empacotada.
    A construção falhou: { $built }
    O empacotamento falhou: { $packed }
redis-chosen = { $image } faz o papel do Redis, como manda REDIS_IMAGE
redis-here = { $image } está aqui
redis-loaded = { $image } foi carregada do kit
redis-pulled = { $image } foi baixada
redis-stand-in = { $image } fica no lugar de { $real }, que não pode ser obtida aqui: um substituto que não guarda nada (o .env o indica)
redis-impossible =
    A imagem { $image } não pôde ser baixada nem trocada pelo substituto.
    O download falhou: { $pulled }
    O empacotamento do substituto falhou: { $packed }
not-pulled-offline = { $image } não está aqui, e nenhum registro deve ser consultado
not-built-offline = --offline proíbe a construção em um contêiner, que consulta o registro do cargo
other-platform = os binários compilados nesta máquina não rodam na plataforma do Docker, { $platform }
not-in-file = { $file } não contém “{ $marker }”

## O que falta
no-repository = { $dir } não fica dentro deste repositório
no-repository-cure = Execute o comando dentro de uma cópia do repositório.
no-docker = O Docker não está instalado: não há “docker” no PATH
no-docker-cure = Instale-o (https://docs.docker.com/get-docker/) ou rode a demonstração sem ele: { $xtask } demo --stack embedded
not-docker = O programa que atende aqui pelo nome “docker” não é o do Docker: { $program }
not-docker-cure = Instale o Docker no lugar dele (https://docs.docker.com/get-docker/) ou rode a demonstração sem ele: { $xtask } demo --stack embedded
engine-elsewhere = O Docker em uso está em outra máquina ({ $address }): as portas da stack abririam lá, e não aqui
engine-elsewhere-cure = Use um Docker desta máquina (“unset DOCKER_HOST DOCKER_CONTEXT”, “docker context use default”), trabalhe naquela máquina ou rode a demonstração sem Docker: { $xtask } demo --stack embedded
engine-down = O Docker não está em execução: { $reason }
engine-down-cure = Inicie-o: “sudo systemctl start docker” no Linux, Docker Desktop nos outros sistemas.
engine-silent = O Docker não responde: { $reason }
engine-silent-cure = Reinicie-o: “sudo systemctl restart docker” no Linux, Docker Desktop nos outros sistemas.
engine-forbidden = O Docker está em execução, mas você não tem permissão para usar o socket dele
engine-forbidden-cure = Entre no grupo dele com “sudo usermod -aG docker $USER” e entre de novo na sua conta.
no-compose = O Docker Compose não está instalado
no-compose-cure = Instale-o: “sudo apt-get install docker-compose-plugin”, ou veja https://docs.docker.com/compose/install/
no-disk = O disco está cheio: { $reason }
no-disk-cure = Libere espaço: “docker system df” mostra o que o Docker guarda, “docker system prune” remove o que não está em uso.
no-disk-here-cure = Libere espaço ali ou escolha outro lugar.
no-redis = Não há “redis-server” no PATH
no-redis-cure = Instale-o (“sudo apt-get install redis-server”, “brew install redis”) ou rode a demonstração sem ele: { $xtask } demo --stack embedded

## O que deu errado
program-failed = “{ $program }” falhou ({ $status })
took-too-long = “{ $program }” não terminou em { $seconds } s
printed-too-much = “{ $program }” imprimiu mais de { $size } MiB e foi encerrado
cargo-build = cargo build ({ $packages })
no-binary = a compilação não gerou nenhum programa chamado { $name }
no-host-triple = o compilador não diz que máquina é esta
worker-ended = o worker terminou (código de saída { $code })
not-healthy = não ficou saudável em { $seconds } s: { $reason }
redis-not-ready =
    O Redis não inicia:
    { $log }
web-not-ready = o web não inicia
bad-status = { $url } respondeu { $status }: { $body }
bad-inspect = o docker inspect não disse o que se esperava: { $reason }
left-behind =
    Algo ficou para trás. Remova com:
        { $commands }
doing-start = não foi possível iniciar “{ $program }”
doing-signals = não foi possível capturar o Ctrl-C
doing-find-repository = não foi possível encontrar o repositório
doing-pack = não foi possível empacotar a imagem { $image }
doing-port = não foi possível encontrar uma porta livre
doing-temporary = uma pasta temporária
doing-json = não foi possível imprimir o relatório

## O diagnóstico
doctor-image-here = está aqui
doctor-image-missing = não está aqui, ou não corresponde a este código: “{ $xtask } images” resolve
doctor-stand-in = não está aqui: um substituto faz o papel do Redis, o que basta para a demonstração; as páginas precisam de “{ $xtask } images” onde houver acesso a um registro, ou de um kit
doctor-no-git = não está aqui: o que o “verify” executa não pode ser ligado a um commit, e não dá para salvar um kit
doctor-no-buildx = não está aqui: as imagens usam binários compilados nesta máquina; ou instale docker-buildx-plugin
doctor-port-free = livre
doctor-port-taken = ocupada ({ $error }): pare o programa que a usa
doctor-no-curl = não está aqui: é com ele que as páginas visitam a aplicação (“sudo apt-get install curl”)
doctor-proxy = { $names }: nem as páginas nem a demonstração passam por ele, pois só visitam esta máquina; as imagens são baixadas pelo proxy das configurações do próprio Docker
doctor-leftover = { $project } não foi removido: docker compose --project-name { $project } down --volumes --remove-orphans
doctor-choice = “{ $xtask } demo” escolheria a stack “{ $stack }”.
doctor-ready = Pronta para o livro: esta máquina executa todas as páginas, mesmo sem rede.
doctor-not-ready = Ainda não está pronta para o livro. Falta: { $lacking }. Siga as instruções acima e execute de novo: { $xtask } doctor

## O livro
step-turn = espera da vez
step-in-a-row = todas em sequência
step-not-run = · não executado: { $reason }
steps = passos: { $count }
no-page = O livro não tem nenhuma página “{ $name }”
no-page-cure = Os nomes mais próximos: { $names }
no-compose-2 = As páginas do livro usam o Docker Compose v2 ou mais novo, e aqui só há o v1
no-turn = outra execução ocupa { $path } há uma hora
no-lock = { $path }, pelo qual quem usa a porta { $port } espera a sua vez, pertence ao usuário { $owner }, e você não pode lê-lo
no-lock-cure = Deixe que todos o leiam (“sudo chmod a+r { $path }”) ou, se nenhuma página estiver rodando, apague-o: sudo rm { $path }
port-taken = A porta { $port }, que as páginas usam, está ocupada: { $by }
port-taken-cure = Pare o programa que a usa e tente de novo.
step-book = livro
live-ready =
    O livro está ao vivo: { $url }
    Ctrl-C o encerra e remove o que ele iniciou.
live-port-taken = A porta { $port } está ocupada: { $by }
live-port-taken-cure = Pare o programa que a usa ou escolha outra: { $xtask } live --port { $other }
live-port-refused = A porta { $port } não pode ser usada: { $reason }
live-port-refused-cure = Escolha outra: { $xtask } live --port 3000
no-such-project = “{ $project }” não é um projeto do livro
chapter-matched = Todas as saídas são as que a página mostra.
pages-matched = Páginas: { $count }. Todas as saídas são as que elas mostram.
pages-wrong = Com erro: { $count }
page-matched = confere
page-differs = difere
left-running = continua rodando até o fim do capítulo: { $processes }
by-signal = um sinal
wrong-output = A saída não é a da página:
wrong-stderr = Saiu em stderr:
wrong-status = código de saída esperado: { $expected }, encontrado: { $found }
wrong-limit = não terminou em { $seconds } s
wrong-too-much = imprimiu mais de { $size } MiB e foi encerrado
wrong-start = não pôde ser iniciado: { $reason }
text-utf-16 = está em UTF-16, como o “>” do PowerShell grava; salve em UTF-8
text-nul = a linha { $line } contém um byte NUL: o arquivo está em UTF-16 ou danificado; salve em UTF-8
text-not-utf-8 = a linha { $line } não está em UTF-8; salve o arquivo em UTF-8
rule-unclosed-fence = o bloco não foi fechado
rule-bad-info = “{ $info }” não é um passo nem outra coisa: escreva console e, depois de vírgulas, os atributos
rule-bad-attribute = “{ $attribute }” não é um atributo; os que existem são stderr, timeout=SEGUNDOS e norun="motivo"
rule-norun-without-reason = norun não diz o motivo: norun="motivo"
rule-no-command = o bloco não contém nenhum comando: uma linha que começa com “$ ”
rule-empty-command = não há comando depois do “$”
rule-output-before-command = uma saída vem antes de qualquer comando
rule-bad-status = o código de saída esperado “{ $status }” não é um número; se for o que o comando imprime, escreva “\? { $status }”
rule-only-wildcards = a saída só tem curingas e aceitaria qualquer coisa
rule-control-character = a linha contém um caractere de controle, que nenhum leitor vê
rule-include-in-step = um passo não inclui nada: escreva o que ele executa e o que isso imprime
rule-include-outside-listing = um arquivo é incluído fora de um bloco de código: um passo dentro dele apareceria na página sem ser executado
rule-include-ends-listing = “{ $file }” contém uma linha que fecha o bloco em volta, ou inclui outro arquivo
rule-step-in-footnote = uma nota de rodapé não pode conter um passo: o leitor só a encontra no fim da página
rule-fence-in-html = um bloco dentro de HTML aparece como está e não é executado: deixe uma linha vazia entre a tag e o bloco
rule-command-outside-step = a página mostra um comando que nada executa: faça dele um passo, um bloco que começa com ```console
rule-no-language = o bloco não diz a linguagem: console para um passo, text para o que não é comando
rule-unknown-language = “{ $language }” não é uma linguagem do livro: um comando é um passo (console); para outra, acrescente-a a LANGUAGES em book/runbook/src/stray.rs
rule-bad-page = “{ $link }” não é uma página ao lado do sumário, ou aparece duas vezes: use um link para NOME.md, uma vez só
rule-bad-head = “{ $line }” não é uma linha do cabeçalho: minutes: N, translates: HASHES

## A apresentação
no-terminal = Uma apresentação precisa de um terminal, para mostrar a página e ler as teclas
no-terminal-cure = Execute-a em um terminal do Linux, do macOS ou do WSL, sem redirecioná-la; sem --present, roda em qualquer lugar.
doing-terminal = não foi possível usar o terminal
no-step = A página “{ $name }” não tem o passo { $number }
no-step-cure = Ela tem { $count }, contados a partir do 1.
steps-before = passos anteriores ({ $count })
present-step = passo { $number } de { $count }
present-last = para terminar de ler
present-notes = Notas para quem apresenta
no-notes = Esta página não tem notas para quem apresenta.
present-sum = Passos como a página mostra: { $matched }, diferentes: { $differing }, não executados: { $left }.
seconds = { $whole },{ $tenths } s
verdict-matched = como a página mostra, em { $time }
verdict-hint = r refaz este passo: em outra stack, depois dos passos anteriores.
side-page = a página
side-printed = a saída
listing-left = … e mais { $count } linhas
keys-more = Enter continua · s pula · b volta · n notas · q sai
keys-run = Enter executa · s pula · b volta · n notas · q sai
keys-next = Enter avança · a repete · r refaz · b volta · n notas · q sai
keys-end = Enter termina · b volta · n notas · q sai
keys-notes = qualquer tecla continua

## O kit
step-programs = programas
step-image = { $image }
step-write = arquivo
step-unpack = descompactação
kit-saved = O kit está em { $file }: { $size } MB, build { $build }, para { $host }.
kit-ready = Tudo pronto para trabalhar sem rede: build { $build }.
kit-commands =
    cd "{ $folder }"
    { "./start" } doctor      o que esta máquina tem e o que falta
    { "./start" } demo        a história, do começo à prova
    { "./start" } run reset   uma página, com os comandos executados e conferidos
    { "./start" } live        o livro, com um botão em cada passo
    O livro, para ler: { $book }
kit-refused =
    { $file } foi recusado: { $reason }
    Nada foi descompactado nem carregado. Copie o arquivo de novo.
kit-foreign = não é um kit deste formato ({ $found })
kit-cut-off = está truncado: { $whole } de { $all } arquivos estão inteiros
kit-no-head = está truncado logo no começo
kit-no-end = está truncado: os arquivos estão inteiros, mas falta o fim
kit-altered = foi alterado: { $path } não confere com a soma de verificação
kit-unlisted = contém { $path }, que não está na lista dele
kit-unread = não foi possível ler { $file }: { $reason }
kit-unlike = o que foi gravado em { $file } não é o que se lê de volta: { $reason }
kit-other-image = { $image } já é a imagem de outra cópia do repositório: salve o kit de novo
kit-platform = O kit foi feito para { $made }, e esta máquina é { $this }
kit-platform-cure = Nada foi carregado. Peça um kit salvo em uma máquina como esta.
kit-there = { $folder } já contém este mesmo kit, inteiro
kit-there-damaged = { $folder } contém este kit, mas { $path } não confere com a soma de verificação
kit-in-the-way = { $folder } já existe e não é este kit
kit-in-the-way-cure = Nada foi descompactado nem carregado. Mova essa pasta ou indique outra com --to.
kit-which = Nenhum kit foi indicado
kit-which-cure = Indique o arquivo: { $xtask } kit load ARQUIVO
kit-in-kit = Isto já é um kit
kit-in-kit-cure = Copie o arquivo .tar do qual este kit foi descompactado.
kit-folder = { $file } é uma pasta
kit-folder-cure = Indique um arquivo: { $xtask } kit save { $file }
kit-no-redis = Um kit precisa da imagem de um Redis de verdade, e aqui quem faz o papel dele é { $image }
kit-no-redis-cure = Em uma máquina com acesso a um registro: docker pull { $image }. Uma imagem escolhida por você (REDIS_IMAGE) não entra no kit.
kit-stray = { $path } está entre os fontes que são compilados, e o git não o conhece
kit-stray-cure = Adicione-o com “git add { $path }” ou remova-o, e salve o kit de novo.
kit-sources-changed = O código foi alterado enquanto o kit era feito: salve-o de novo
kit-no-git = Um kit leva os arquivos que o git conhece, e o git não os lista: { $reason }
kit-no-git-cure = Salve-o a partir de um clone do repositório, com o git instalado.
kit-changed = O código de { $package } neste kit foi alterado, e os programas do kit são os do código original
kit-changed-cure = Desfaça a alteração ou compile em um clone do repositório, em uma máquina que tenha o Rust.
