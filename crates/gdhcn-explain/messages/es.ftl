outcome-accepted = Aceptado
outcome-not-accepted = No aceptado
outcome-cannot-tell = No se puede determinar
advice-accepted = Compare el nombre y la fecha de nacimiento con el pasaporte o el documento de identidad.
advice-not-accepted = No confíe en este documento. Pida otra prueba o llame a su superior.
advice-cannot-tell = Esto no es un rechazo. Cargue datos de confianza más recientes y compruebe de nuevo, o pida otra prueba.

status-pass = correcto
status-fail = fallo
status-warn = nota
status-not-done = no comprobado

check-container = Código legible
check-algorithm = Tipo de firma
check-trust-data = Datos de confianza presentes
check-clock = Reloj en hora
check-key-known = Clave del emisor conocida
check-signature = Firma auténtica
check-issued-at = Emitido en el pasado
check-expires-at = No caducado
check-not-before = Ya válido
check-list-proof = Lista de confianza auténtica
check-chain = Clave certificada por su país
check-key-validity = Certificado de la clave vigente
check-claims = Contenido legible
check-key-window = Documento dentro del plazo de la clave
check-issuer = La clave es del emisor
check-content = Contiene un documento de salud
check-schema = Forma del documento
check-key-usage = La clave puede firmar esto
check-domain = Clave para este tipo de documento
check-value-sets = Códigos conocidos
check-uvci = Forma del identificador
check-event-dates = Fechas coherentes
check-link = Enlace contenido
check-revocation = No revocado
check-rules = Reglas de entrada

ok = Correcto.
ok-key = La clave pertenece a { $owner }.
ok-age = { $days ->
    [0] Los datos de confianza tienen menos de un día.
    [one] Los datos de confianza tienen { $days } día.
   *[other] Los datos de confianza tienen { $days } días.
}
ok-until = Hasta el { $date }.
ok-since = Desde el { $date }.
ok-not-opened = El enlace es correcto. No se ha abierto.

damaged = El código está dañado o no es auténtico. Escanéelo de nuevo con buena luz; si vuelve a fallar, el documento no es aceptable.
not-supported-lower-case = Las mayúsculas de este certificado de salud se cambiaron por minúsculas. Escanee el código original.
not-supported-future = Este certificado de salud es más nuevo que este programa. Actualice el programa.
not-supported-without-prefix = Falta el comienzo del código de este certificado de salud. Escanee el código original.
not-supported-keyboard = Su lector está configurado para un teclado inglés y este dispositivo para otro. Configure ambos igual y escanee de nuevo.
not-supported-national = Este es el pase sanitario nacional de un país, no un certificado internacional.
not-supported-credential = Este es un documento digital firmado de otro tipo. No se puede comprobar aquí.
not-supported-web-address = Este código QR es una dirección web, no un certificado de salud. No se ha abierto.
not-supported-empty = No se ha leído nada.
not-supported-other = Esto es un código QR, pero no un certificado de salud.
chunk-missing = Esta es la parte { $index } de { $count } de una tarjeta de salud. Escanee también las demás partes.
several-cards = El archivo contiene varias tarjetas. Compruebe cada una por separado.
odd = No está escrito exactamente como pide la norma. Aun así se puede leer.
kid-missing = El código no indica qué clave lo firmó.
alg = Este tipo de firma no está permitido para este documento.
alg-curve = La clave no es del tipo que pide la norma.
no-trust-source = No hay datos de confianza cargados, así que no se puede comprobar ninguna firma. Cargue una lista de confianza.
trust-too-old = { $days ->
    [one] Los datos de confianza tienen { $days } día. El límite es { $limit }. Cargue datos más recientes.
   *[other] Los datos de confianza tienen { $days } días. El límite es { $limit }. Cargue datos más recientes.
}
clock = El reloj de este aparato está mal: marca una fecha anterior al { $date }. Póngalo en hora.
key-not-found = Ninguna lista de confianza de este aparato conoce la clave que firmó este documento. Puede que el emisor no esté en la lista, que la clave se haya retirado o que sea una falsificación.
signature = La firma no es auténtica: el documento se modificó o lo firmó otra persona.
no-key = No hay clave con la que comprobar.
key-unusable = La clave del emisor no se puede usar.
undated = Los datos de confianza no llevan fecha.
list-proof = Nada prueba de dónde viene la lista de confianza.
list-proof-partial = La lista de confianza es auténtica, pero no todos sus detalles están firmados.
dated-in-future = Los datos de confianza llevan una fecha que aún no ha llegado.
given-by-caller = Usted mismo entregó este certificado. Se confía en él tal como es.
no-sca = El certificado de la autoridad del país no está disponible, así que no se comprobó el origen de la clave.
chain = La clave no fue certificada por la autoridad de su país.
sca-validity = El certificado de la autoridad del país no es válido en este momento.
key-expired = El certificado de firma del emisor caducó el { $date }.
key-not-yet-valid = El certificado de firma del emisor solo es válido desde el { $date }.
no-certificate = Los datos de confianza solo tienen la clave, sin certificado.
certificate = El certificado del firmante contenido en el código no se puede leer.
cwt = Las fechas de emisión y de caducidad no se pueden leer.
not-yet-valid = El documento solo es válido desde el { $date }.
expired = El documento caducó el { $date }.
dsc-window = Las fechas del documento quedan fuera de las del certificado de firma.
issuer = El documento dice ser de { $claimed }, pero la clave pertenece a { $owner }.
issuer-unknown = No se nombra al emisor.
issuer-address = La dirección del emisor no está escrita como pide la norma.
hcert-missing = No contiene ningún documento de salud de un tipo conocido.
schema = El documento no tiene la forma que pide la norma.
key-usage = El certificado de firma no está previsto para este tipo de documento.
domain = La clave está prevista para otro tipo de documento.
domain-unknown = Los datos de confianza no dicen para qué tipo de documento está prevista la clave.
value-set = El documento usa códigos que no están en las listas oficiales.
uvci = El identificador no tiene la forma recomendada.
event-in-future = Una vacunación, una prueba o una recuperación lleva una fecha futura.
event-date = No se puede leer una fecha del documento.
validity-ended = Según sus propias palabras, el documento fue válido hasta el { $date }.
lifelong = El documento indica un fin, pero la vacunación contra la fiebre amarilla vale para toda la vida.
disease-unknown = La enfermedad no se conoce, así que tampoco se sabe cuánto tiempo vale la vacunación.
before-first-day = La vacunación cuenta desde el { $date }.
unsigned-link = Nadie ha firmado este enlace, así que no prueba nada.
link = El enlace contenido no es correcto.
unsupported-version = El enlace es más nuevo que este programa. Actualice el programa.
legacy-layout = Esta es una primera forma de ensayo del documento de la OMS. No indica ni emisor ni fechas de validez.
not-signed = Partes del documento no están firmadas. Se dejaron de lado.
not-loaded = Los datos para esta comprobación no están cargados.
not-applicable = No se aplica a este tipo de documento.
earlier-failure = No comprobado debido al fallo anterior.
no-code = No se encontró ningún código en la imagen. Tómela más nítida, más de cerca y con luz uniforme.
