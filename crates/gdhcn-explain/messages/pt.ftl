outcome-accepted = Aceito
outcome-not-accepted = Não aceito
outcome-cannot-tell = Não é possível determinar
advice-accepted = Compare o nome e a data de nascimento com o passaporte ou o documento de identidade.
advice-not-accepted = Não confie neste documento. Peça outra prova ou chame o seu superior.
advice-cannot-tell = Isto não é uma recusa. Carregue dados de confiança mais recentes e verifique de novo, ou peça outra prova.

status-pass = correto
status-fail = falha
status-warn = nota
status-not-done = não verificado

check-container = Código legível
check-algorithm = Tipo de assinatura
check-trust-data = Dados de confiança presentes
check-clock = Relógio certo
check-key-known = Chave do emissor conhecida
check-signature = Assinatura autêntica
check-issued-at = Emitido no passado
check-expires-at = Não expirado
check-not-before = Já válido
check-list-proof = Lista de confiança autêntica
check-chain = Chave certificada pelo seu país
check-key-validity = Certificado da chave em vigor
check-claims = Conteúdo legível
check-key-window = Documento dentro do prazo da chave
check-issuer = A chave é do emissor
check-content = Contém um documento de saúde
check-schema = Forma do documento
check-key-usage = A chave pode assinar isto
check-domain = Chave para este tipo de documento
check-value-sets = Códigos conhecidos
check-uvci = Forma do identificador
check-event-dates = Datas coerentes
check-link = Ligação contida
check-revocation = Não revogado
check-rules = Regras de entrada

ok = Correto.
ok-key = A chave pertence a { $owner }.
ok-age = { $days ->
    [0] Os dados de confiança têm menos de um dia.
    [one] Os dados de confiança têm { $days } dia.
   *[other] Os dados de confiança têm { $days } dias.
}
ok-until = Até { $date }.
ok-since = Desde { $date }.
ok-not-opened = A ligação está correta. Não foi aberta.

damaged = O código está danificado ou não é autêntico. Leia-o de novo com boa luz; se voltar a falhar, o documento não é aceitável.
not-supported-lower-case = As maiúsculas deste certificado de saúde foram trocadas por minúsculas. Leia o código original.
not-supported-future = Este certificado de saúde é mais novo do que este programa. Atualize o programa.
not-supported-without-prefix = Falta o início do código deste certificado de saúde. Leia o código original.
not-supported-keyboard = O seu leitor está configurado para um teclado inglês e este aparelho para outro. Configure ambos da mesma forma e leia de novo.
not-supported-national = Este é o passe sanitário nacional de um país, não um certificado internacional.
not-supported-credential = Este é um documento digital assinado de outro tipo. Não pode ser verificado aqui.
not-supported-web-address = Este código QR é um endereço web, não um certificado de saúde. Não foi aberto.
not-supported-empty = Nada foi lido.
not-supported-other = Isto é um código QR, mas não um certificado de saúde.
chunk-missing = Esta é a parte { $index } de { $count } de um cartão de saúde. Leia também as outras partes.
several-cards = O arquivo contém vários cartões. Verifique cada um separadamente.
odd = Não está escrito exatamente como a norma pede. Mesmo assim pode ser lido.
kid-missing = O código não indica qual chave o assinou.
alg = Este tipo de assinatura não é permitido para este documento.
alg-curve = A chave não é do tipo que a norma pede.
no-trust-source = Não há dados de confiança carregados, por isso nenhuma assinatura pode ser verificada. Carregue uma lista de confiança.
trust-too-old = { $days ->
    [one] Os dados de confiança têm { $days } dia. O limite é { $limit }. Carregue dados mais recentes.
   *[other] Os dados de confiança têm { $days } dias. O limite é { $limit }. Carregue dados mais recentes.
}
clock = O relógio deste aparelho está errado: marca uma data anterior a { $date }. Acerte-o.
key-not-found = Nenhuma lista de confiança deste aparelho conhece a chave que assinou este documento. O emissor pode não estar na lista, a chave pode ter sido retirada, ou pode ser uma falsificação.
signature = A assinatura não é autêntica: o documento foi alterado, ou outra pessoa o assinou.
no-key = Não há chave com que verificar.
key-unusable = A chave do emissor não pode ser usada.
undated = Os dados de confiança não têm data.
list-proof = Nada prova de onde vem a lista de confiança.
list-proof-partial = A lista de confiança é autêntica, mas nem todos os seus detalhes estão assinados.
dated-in-future = Os dados de confiança têm uma data que ainda não chegou.
given-by-caller = Este certificado foi entregue por si. Confia-se nele tal como é.
no-sca = O certificado da autoridade do país não está disponível, por isso a origem da chave não foi verificada.
chain = A chave não foi certificada pela autoridade do seu país.
sca-validity = O certificado da autoridade do país não é válido neste momento.
key-expired = O certificado de assinatura do emissor expirou em { $date }.
key-not-yet-valid = O certificado de assinatura do emissor só é válido a partir de { $date }.
no-certificate = Os dados de confiança têm apenas a chave, sem certificado.
certificate = O certificado do signatário contido no código não pode ser lido.
cwt = As datas de emissão e de expiração não podem ser lidas.
not-yet-valid = O documento só é válido a partir de { $date }.
expired = O documento expirou em { $date }.
dsc-window = As datas do documento ficam fora das do certificado de assinatura.
issuer = O documento diz ser de { $claimed }, mas a chave pertence a { $owner }.
issuer-unknown = O emissor não é nomeado.
issuer-address = O endereço do emissor não está escrito como a norma pede.
hcert-missing = Não contém nenhum documento de saúde de um tipo conhecido.
schema = O documento não tem a forma que a norma pede.
key-usage = O certificado de assinatura não se destina a este tipo de documento.
domain = A chave destina-se a outro tipo de documento.
domain-unknown = Os dados de confiança não dizem a que tipo de documento a chave se destina.
value-set = O documento usa códigos que não estão nas listas oficiais.
uvci = O identificador não tem a forma recomendada.
event-in-future = Uma vacinação, um teste ou uma recuperação tem uma data futura.
event-date = Uma data do documento não pode ser lida.
validity-ended = Segundo as suas próprias palavras, o documento era válido até { $date }.
lifelong = O documento indica um fim, mas a vacinação contra a febre amarela vale para toda a vida.
disease-unknown = A doença não é conhecida, por isso não se sabe por quanto tempo a vacinação vale.
before-first-day = A vacinação conta a partir de { $date }.
unsigned-link = Ninguém assinou esta ligação, por isso ela não prova nada.
link = A ligação contida não está correta.
unsupported-version = A ligação é mais nova do que este programa. Atualize o programa.
legacy-layout = Esta é uma primeira forma experimental do documento da OMS. Não indica nem emissor nem datas de validade.
not-signed = Partes do documento não estão assinadas. Foram deixadas de lado.
not-loaded = Os dados para esta verificação não estão carregados.
not-applicable = Não se aplica a este tipo de documento.
earlier-failure = Não verificado por causa da falha acima.
no-code = Não foi encontrado nenhum código na imagem. Tire-a mais nítida, mais de perto e com luz uniforme.
