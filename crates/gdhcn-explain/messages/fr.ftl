outcome-accepted = Accepté
outcome-not-accepted = Non accepté
outcome-cannot-tell = Impossible de se prononcer
advice-accepted = Comparez le nom et la date de naissance avec le passeport ou la carte d’identité.
advice-not-accepted = Ne vous fiez pas à ce document. Demandez une autre preuve ou appelez votre responsable.
advice-cannot-tell = Ce n’est pas un refus. Chargez des données de confiance plus récentes et vérifiez à nouveau, ou demandez une autre preuve.

status-pass = conforme
status-fail = échec
status-warn = remarque
status-not-done = non vérifié

check-container = Code lisible
check-algorithm = Type de signature
check-trust-data = Données de confiance présentes
check-clock = Horloge à l’heure
check-key-known = Clé de l’émetteur connue
check-signature = Signature authentique
check-issued-at = Émis dans le passé
check-expires-at = Non expiré
check-not-before = Déjà valable
check-list-proof = Liste de confiance authentique
check-chain = Clé certifiée par son pays
check-key-validity = Certificat de la clé en cours de validité
check-claims = Contenu lisible
check-key-window = Document dans la période de la clé
check-issuer = La clé appartient à l’émetteur
check-content = Document de santé présent
check-schema = Forme du document
check-key-usage = La clé peut signer ce document
check-domain = Clé prévue pour ce type de document
check-value-sets = Codes connus
check-uvci = Forme de l’identifiant
check-event-dates = Dates cohérentes
check-link = Lien contenu
check-revocation = Non révoqué
check-rules = Règles d’entrée

ok = Conforme.
ok-key = La clé appartient à { $owner }.
ok-age = { $days ->
    [0] Les données de confiance ont moins d’un jour.
    [one] Les données de confiance ont { $days } jour.
   *[other] Les données de confiance ont { $days } jours.
}
ok-until = Jusqu’au { $date }.
ok-since = Depuis le { $date }.
ok-not-opened = Le lien est en ordre. Il n’a pas été ouvert.

damaged = Le code est abîmé ou n’est pas authentique. Scannez-le de nouveau avec un bon éclairage ; si l’échec se répète, le document n’est pas recevable.
not-supported-lower-case = Les majuscules de ce certificat de santé ont été changées en minuscules. Scannez le code original.
not-supported-future = Ce certificat de santé est plus récent que ce programme. Mettez le programme à jour.
not-supported-without-prefix = Il manque le début du code de ce certificat de santé. Scannez le code original.
not-supported-keyboard = Votre lecteur est réglé sur un clavier anglais, et cet appareil sur un autre. Réglez les deux de la même façon et scannez de nouveau.
not-supported-national = C’est le passe sanitaire national d’un pays, et non un certificat international.
not-supported-credential = C’est un document numérique signé d’un autre type. Il ne peut pas être vérifié ici.
not-supported-web-address = Ce code QR est une adresse web, et non un certificat de santé. Elle n’a pas été ouverte.
not-supported-empty = Rien n’a été lu.
not-supported-other = C’est un code QR, mais pas un certificat de santé.
chunk-missing = C’est la partie { $index } sur { $count } d’une carte de santé. Scannez aussi les autres parties.
several-cards = Le fichier contient plusieurs cartes. Vérifiez-les une à une.
odd = L’écriture ne suit pas exactement la norme. La lecture reste possible.
kid-missing = Le code n’indique pas quelle clé l’a signé.
alg = Ce type de signature n’est pas autorisé pour ce document.
alg-curve = La clé n’est pas du type demandé par la norme.
no-trust-source = Aucune donnée de confiance n’est chargée : aucune signature ne peut être vérifiée. Chargez une liste de confiance.
trust-too-old = { $days ->
    [one] Les données de confiance ont { $days } jour. La limite est de { $limit }. Chargez des données plus récentes.
   *[other] Les données de confiance ont { $days } jours. La limite est de { $limit }. Chargez des données plus récentes.
}
clock = L’horloge de cet appareil est fausse : elle indique une date antérieure au { $date }. Réglez-la.
key-not-found = Aucune liste de confiance de cet appareil ne connaît la clé qui a signé ce document. L’émetteur n’est peut-être pas sur la liste, la clé a peut-être été retirée, ou il s’agit peut-être d’un faux.
signature = La signature n’est pas authentique : le document a été modifié, ou quelqu’un d’autre l’a signé.
no-key = Il n’y a pas de clé pour vérifier.
key-unusable = La clé de l’émetteur est inutilisable.
undated = Les données de confiance ne sont pas datées.
list-proof = Rien ne prouve d’où vient la liste de confiance.
list-proof-partial = La liste de confiance est authentique, mais tous ses détails ne sont pas signés.
dated-in-future = Les données de confiance portent une date qui n’est pas encore venue.
given-by-caller = Vous avez fourni ce certificat vous-même. Il est accepté tel quel.
no-sca = Le certificat de l’autorité du pays n’est pas disponible : l’origine de la clé n’a pas été vérifiée.
chain = La clé n’a pas été certifiée par l’autorité de son pays.
sca-validity = Le certificat de l’autorité du pays n’est pas valable à ce moment.
key-expired = Le certificat de signature de l’émetteur a expiré le { $date }.
key-not-yet-valid = Le certificat de signature de l’émetteur n’est valable qu’à partir du { $date }.
no-certificate = Les données de confiance ne contiennent que la clé, sans certificat.
certificate = Le certificat du signataire contenu dans le code est illisible.
cwt = Les dates d’émission et d’expiration sont illisibles.
not-yet-valid = Le document n’est valable qu’à partir du { $date }.
expired = Le document a expiré le { $date }.
dsc-window = Les dates du document sont en dehors de celles du certificat de signature.
issuer = Le document se dit émis par { $claimed }, mais la clé appartient à { $owner }.
issuer-unknown = L’émetteur n’est pas nommé.
issuer-address = L’adresse de l’émetteur n’est pas écrite selon la norme.
hcert-missing = Il n’y a pas de document de santé d’un type connu.
schema = Le document n’a pas la forme demandée par la norme.
key-usage = Le certificat de signature n’est pas prévu pour ce type de document.
domain = La clé est prévue pour un autre type de document.
domain-unknown = Les données de confiance n’indiquent pas pour quel type de document la clé est prévue.
value-set = Le document utilise des codes absents des listes officielles.
uvci = L’identifiant n’a pas la forme recommandée.
event-in-future = Une vaccination, un test ou un rétablissement porte une date future.
event-date = Une date du document est illisible.
validity-ended = Selon ses propres termes, le document était valable jusqu’au { $date }.
lifelong = Le document indique une fin, mais la vaccination contre la fièvre jaune vaut pour la vie entière.
disease-unknown = La maladie n’est pas connue ; la durée de validité de la vaccination ne l’est donc pas non plus.
before-first-day = La vaccination compte à partir du { $date }.
unsigned-link = Personne n’a signé ce lien : il ne prouve rien.
link = Le lien contenu n’est pas en ordre.
unsupported-version = Le lien est plus récent que ce programme. Mettez le programme à jour.
legacy-layout = C’est une première forme d’essai du document de l’OMS. Elle n’indique ni émetteur ni dates de validité.
not-signed = Des parties du document ne sont pas signées. Elles ont été laissées de côté.
not-loaded = Les données pour cette vérification ne sont pas chargées.
not-applicable = Sans objet pour ce type de document.
earlier-failure = Non vérifié en raison de l’échec indiqué plus haut.
no-code = Aucun code n’a été trouvé dans l’image. Prenez-la plus nette, de plus près et avec un éclairage régulier.
