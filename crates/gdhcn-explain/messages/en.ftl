# What an officer or a traveller reads. One message per outcome, status, check and reason; the
# identifiers are those of the program, the words are free.

outcome-accepted = Accepted
outcome-not-accepted = Not accepted
outcome-cannot-tell = Cannot tell
advice-accepted = Compare the name and the date of birth with the passport or identity card.
advice-not-accepted = Do not rely on this document. Ask for another proof or call your supervisor.
advice-cannot-tell = This is not a refusal. Load newer trust data and check again, or ask for another proof.

status-pass = passed
status-fail = failed
status-warn = note
status-not-done = not checked

check-container = Code readable
check-algorithm = Kind of signature
check-trust-data = Trust data present
check-clock = Clock right
check-key-known = Issuer's key known
check-signature = Signature genuine
check-issued-at = Issued in the past
check-expires-at = Not expired
check-not-before = Already valid
check-list-proof = Trust list genuine
check-chain = Key certified by its country
check-key-validity = Key's certificate in time
check-claims = Contents readable
check-key-window = Document within the key's time
check-issuer = Issuer owns the key
check-content = Health document inside
check-schema = Form of the document
check-key-usage = Key may sign this
check-domain = Key is for this kind of document
check-value-sets = Codes known
check-uvci = Form of the identifier
check-event-dates = Dates make sense
check-link = Link inside
check-revocation = Not revoked
check-rules = Entry rules

ok = As it should be.
ok-key = The key belongs to { $owner }.
ok-age = { $days ->
    [0] The trust data is less than a day old.
    [one] The trust data is { $days } day old.
   *[other] The trust data is { $days } days old.
}
ok-until = Until { $date }.
ok-since = Since { $date }.
ok-not-opened = The link is sound. It was not opened.

damaged = The code is damaged or not genuine. Scan it again in good light; if it fails again, the document is not acceptable.
not-supported-lower-case = The capital letters of this health certificate were changed to small ones. Scan the original code.
not-supported-future = This health certificate is newer than this program. Update the program.
not-supported-without-prefix = The beginning of this health certificate code is missing. Scan the original code.
not-supported-keyboard = Your scanner is set to an English keyboard, and this device to another one. Set both to the same and scan again.
not-supported-national = This is the national health pass of one country, not an international certificate.
not-supported-credential = This is a signed digital document of another kind. It cannot be checked here.
not-supported-web-address = This QR code is a web address, not a health certificate. It was not opened.
not-supported-empty = Nothing was read.
not-supported-other = This is a QR code, but not a health certificate.
chunk-missing = This is part { $index } of { $count } of a health card. Scan the other parts too.
several-cards = The file holds several cards. Check each by itself.
odd = It is not written exactly as the standard asks. It can be read all the same.
kid-missing = The code does not say which key signed it.
alg = The kind of signature is not allowed for this document.
alg-curve = The key is of another kind than the standard asks for.
no-trust-source = No trust data is loaded, so no signature can be checked. Load a trust list.
trust-too-old = { $days ->
    [one] The trust data is { $days } day old. The limit is { $limit }. Load newer data.
   *[other] The trust data is { $days } days old. The limit is { $limit }. Load newer data.
}
clock = The clock of this device is wrong: it stands before { $date }. Set it right.
key-not-found = No trust list on this device knows the key that signed this. The issuer may not be on the list, the key may have been withdrawn, or it may be a forgery.
signature = The signature is not genuine: the document was changed, or someone else signed it.
no-key = There is no key to check with.
key-unusable = The issuer's key cannot be used.
undated = The trust data carries no date.
list-proof = Nothing proves where the trust list comes from.
list-proof-partial = The trust list is genuine, but not every detail in it is signed.
dated-in-future = The trust data carries a date that has not come yet.
given-by-caller = You handed over this certificate yourself. It is trusted as it is.
no-sca = The certificate of the country's authority is not at hand, so the key's origin was not checked.
chain = The key was not certified by the authority of its country.
sca-validity = The certificate of the country's authority is not valid at this time.
key-expired = The issuer's signing certificate expired on { $date }.
key-not-yet-valid = The issuer's signing certificate is valid only from { $date }.
no-certificate = The trust data has only the bare key, without a certificate.
certificate = The signer's certificate inside the code cannot be read.
cwt = The issue and expiry times cannot be read.
not-yet-valid = The document is valid only from { $date }.
expired = The document expired on { $date }.
dsc-window = The document's dates lie outside those of the signing certificate.
issuer = The document says it is from { $claimed }, but the key belongs to { $owner }.
issuer-unknown = The issuer is not named.
issuer-address = The issuer's address is not written as the standard asks.
hcert-missing = There is no health document of a known kind inside.
schema = The document does not have the form that the standard asks for.
key-usage = The signing certificate is not meant for this kind of document.
domain = The key is meant for another kind of document.
domain-unknown = The trust data does not say for which kind of document the key is meant.
value-set = The document uses codes that are not on the official lists.
uvci = The identifier does not have the recommended form.
event-in-future = A vaccination, test or recovery is dated in the future.
event-date = A date inside cannot be read.
validity-ended = By its own words the document was valid until { $date }.
lifelong = The document names an end, but a yellow fever vaccination counts for life.
disease-unknown = The disease is not known, so it is not known how long the vaccination counts.
before-first-day = The vaccination counts from { $date }.
unsigned-link = Nobody has signed this link, so it proves nothing.
link = The link inside is not sound.
unsupported-version = The link is newer than this program. Update the program.
legacy-layout = This is an early trial form of WHO's document. It names neither issuer nor dates of validity.
not-signed = Parts of the document are not signed. They were left aside.
not-loaded = The data for this check is not loaded.
not-applicable = Does not apply to this kind of document.
earlier-failure = Not checked because of the failure above.
no-code = No code was found in the picture. Take it sharper, nearer and evenly lit.
