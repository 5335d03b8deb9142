outcome-accepted = مقبول
outcome-not-accepted = غير مقبول
outcome-cannot-tell = لا يمكن البتّ
advice-accepted = قارن الاسم وتاريخ الميلاد بجواز السفر أو بطاقة الهوية.
advice-not-accepted = لا تعتمد على هذه الوثيقة. اطلب إثباتًا آخر أو اتصل برئيسك.
advice-cannot-tell = هذا ليس رفضًا. حمّل بيانات ثقة أحدث وتحقق من جديد، أو اطلب إثباتًا آخر.

status-pass = سليم
status-fail = فشل
status-warn = ملاحظة
status-not-done = لم يُتحقق منه

check-container = الرمز مقروء
check-algorithm = نوع التوقيع
check-trust-data = بيانات الثقة موجودة
check-clock = الساعة صحيحة
check-key-known = مفتاح جهة الإصدار معروف
check-signature = التوقيع أصلي
check-issued-at = صدرت في الماضي
check-expires-at = لم تنتهِ صلاحيتها
check-not-before = سارية بالفعل
check-list-proof = قائمة الثقة أصلية
check-chain = المفتاح معتمد من بلده
check-key-validity = شهادة المفتاح سارية
check-claims = المحتوى مقروء
check-key-window = الوثيقة ضمن مدة المفتاح
check-issuer = المفتاح لجهة الإصدار
check-content = توجد وثيقة صحية
check-schema = شكل الوثيقة
check-key-usage = يجوز للمفتاح توقيع هذا
check-domain = المفتاح لهذا النوع من الوثائق
check-value-sets = الرموز معروفة
check-uvci = شكل المعرّف
check-event-dates = التواريخ معقولة
check-link = الرابط الموجود
check-revocation = غير ملغاة
check-rules = قواعد الدخول

ok = سليم.
ok-key = المفتاح يعود إلى { $owner }.
ok-age = { $days ->
    [0] عمر بيانات الثقة أقل من يوم.
    [one] عمر بيانات الثقة يوم واحد.
    [two] عمر بيانات الثقة يومان.
    [few] عمر بيانات الثقة { $days } أيام.
    [many] عمر بيانات الثقة { $days } يومًا.
   *[other] عمر بيانات الثقة { $days } يوم.
}
ok-until = حتى { $date }.
ok-since = منذ { $date }.
ok-not-opened = الرابط سليم. لم يُفتح.

damaged = الرمز تالف أو غير أصلي. امسحه مرة أخرى في إضاءة جيدة؛ وإذا فشل ثانيةً فالوثيقة غير مقبولة.
not-supported-lower-case = حُوّلت الحروف الكبيرة في هذه الشهادة الصحية إلى صغيرة. امسح الرمز الأصلي.
not-supported-future = هذه الشهادة الصحية أحدث من هذا البرنامج. حدّث البرنامج.
not-supported-without-prefix = بداية رمز هذه الشهادة الصحية مفقودة. امسح الرمز الأصلي.
not-supported-keyboard = الماسح الضوئي لديك مضبوط على لوحة مفاتيح إنجليزية، وهذا الجهاز على لوحة أخرى. اضبط الاثنين على اللوحة نفسها ثم امسح من جديد.
not-supported-national = هذا تصريح صحي وطني لبلد واحد، وليس شهادة دولية.
not-supported-credential = هذه وثيقة رقمية موقّعة من نوع آخر. لا يمكن التحقق منها هنا.
not-supported-web-address = هذا الرمز عنوان على الإنترنت، وليس شهادة صحية. لم يُفتح العنوان.
not-supported-empty = لم يُقرأ شيء.
not-supported-other = هذا رمز استجابة سريعة، لكنه ليس شهادة صحية.
chunk-missing = هذا هو الجزء { $index } من { $count } من بطاقة صحية. امسح الأجزاء الأخرى أيضًا.
several-cards = يحتوي الملف على عدة بطاقات. تحقق من كل بطاقة على حدة.
odd = الكتابة لا تطابق المعيار تمامًا، ومع ذلك يمكن قراءتها.
kid-missing = لا يذكر الرمز المفتاح الذي وقّعه.
alg = نوع التوقيع هذا غير مسموح به لهذه الوثيقة.
alg-curve = المفتاح ليس من النوع الذي يطلبه المعيار.
no-trust-source = لم تُحمّل بيانات ثقة، فلا يمكن التحقق من أي توقيع. حمّل قائمة ثقة.
trust-too-old = { $days ->
    [one] عمر بيانات الثقة يوم واحد، والحد الأقصى { $limit }. حمّل بيانات أحدث.
    [two] عمر بيانات الثقة يومان، والحد الأقصى { $limit }. حمّل بيانات أحدث.
    [few] عمر بيانات الثقة { $days } أيام، والحد الأقصى { $limit }. حمّل بيانات أحدث.
    [many] عمر بيانات الثقة { $days } يومًا، والحد الأقصى { $limit }. حمّل بيانات أحدث.
   *[other] عمر بيانات الثقة { $days } يوم، والحد الأقصى { $limit }. حمّل بيانات أحدث.
}
clock = ساعة هذا الجهاز خاطئة: فهي تشير إلى تاريخ قبل { $date }. اضبطها.
key-not-found = لا تعرف أي قائمة ثقة على هذا الجهاز المفتاح الذي وقّع هذه الوثيقة. ربما لا تكون جهة الإصدار في القائمة، أو سُحب المفتاح، أو تكون الوثيقة مزورة.
signature = التوقيع غير أصلي: غُيّرت الوثيقة أو وقّعها شخص آخر.
no-key = لا يوجد مفتاح للتحقق به.
key-unusable = لا يمكن استخدام مفتاح جهة الإصدار.
undated = بيانات الثقة بلا تاريخ.
list-proof = لا شيء يثبت مصدر قائمة الثقة.
list-proof-partial = قائمة الثقة أصلية، لكن ليست كل تفاصيلها موقّعة.
dated-in-future = تحمل بيانات الثقة تاريخًا لم يحن بعد.
given-by-caller = أنت من قدّم هذه الشهادة، وهي موثوقة كما هي.
no-sca = شهادة سلطة البلد غير متوفرة، فلم يُتحقق من مصدر المفتاح.
chain = لم تعتمد سلطة البلد هذا المفتاح.
sca-validity = شهادة سلطة البلد غير سارية في هذا الوقت.
key-expired = انتهت صلاحية شهادة التوقيع لجهة الإصدار في { $date }.
key-not-yet-valid = لا تسري شهادة التوقيع لجهة الإصدار إلا من { $date }.
no-certificate = في بيانات الثقة المفتاح وحده دون شهادة.
certificate = لا يمكن قراءة شهادة الموقّع داخل الرمز.
cwt = لا يمكن قراءة وقتي الإصدار والانتهاء.
not-yet-valid = لا تسري الوثيقة إلا من { $date }.
expired = انتهت صلاحية الوثيقة في { $date }.
dsc-window = تواريخ الوثيقة خارج مدة شهادة التوقيع.
issuer = تقول الوثيقة إنها من { $claimed }، لكن المفتاح يعود إلى { $owner }.
issuer-unknown = جهة الإصدار غير مذكورة.
issuer-address = عنوان جهة الإصدار غير مكتوب كما يطلب المعيار.
hcert-missing = لا توجد في الداخل وثيقة صحية من نوع معروف.
schema = ليس للوثيقة الشكل الذي يطلبه المعيار.
key-usage = شهادة التوقيع غير مخصصة لهذا النوع من الوثائق.
domain = المفتاح مخصص لنوع آخر من الوثائق.
domain-unknown = لا تذكر بيانات الثقة نوع الوثائق الذي خُصص له المفتاح.
value-set = تستخدم الوثيقة رموزًا ليست في القوائم الرسمية.
uvci = ليس للمعرّف الشكل الموصى به.
event-in-future = تاريخ تطعيم أو فحص أو تعافٍ يقع في المستقبل.
event-date = لا يمكن قراءة تاريخ في الوثيقة.
validity-ended = بحسب نص الوثيقة نفسها كانت سارية حتى { $date }.
lifelong = تذكر الوثيقة نهاية، لكن التطعيم ضد الحمى الصفراء يسري مدى الحياة.
disease-unknown = المرض غير معروف، فلا تُعرف مدة سريان التطعيم.
before-first-day = يُحتسب التطعيم من { $date }.
unsigned-link = لم يوقّع أحد هذا الرابط، فهو لا يثبت شيئًا.
link = الرابط الموجود غير سليم.
unsupported-version = الرابط أحدث من هذا البرنامج. حدّث البرنامج.
legacy-layout = هذا شكل تجريبي مبكر لوثيقة منظمة الصحة العالمية. لا يذكر جهة الإصدار ولا تواريخ السريان.
not-signed = أجزاء من الوثيقة غير موقّعة، وقد تُركت جانبًا.
not-loaded = بيانات هذا التحقق غير محمّلة.
not-applicable = لا ينطبق على هذا النوع من الوثائق.
earlier-failure = لم يُتحقق منه بسبب الفشل أعلاه.
together-accepted = إحدى هذه الوثائق مقبولة، وهذا يكفي.
together-none = لم تُقبل أي من هذه الوثائق.
together-different = الوثائق تعود إلى أشخاص مختلفين.
together-unclear = لا تبيّن الوثائق ما إذا كانت لشخص واحد.
unproven = لا توجد جهة معروفة تضمن ما يلي:
no-code = لم يُعثر على رمز في الصورة. التقطها أوضح وأقرب وبإضاءة متساوية.

label-document = الوثيقة
label-name = الاسم
label-in-passport = في جواز السفر
label-born = تاريخ الميلاد
label-sex = الجنس
label-nationality = الجنسية
label-document-number = رقم الوثيقة
label-guardian = ولي الأمر
label-content = المحتوى
label-statement = البيان
label-disease = المرض
label-country = البلد
label-issued-by = جهة الإصدار
label-vaccine = اللقاح
label-kind = النوع
label-holder = صاحب الترخيص
label-dose = الجرعة
label-date = التاريخ
label-kind-of-test = نوع الفحص
label-name-of-test = اسم الفحص
label-device = الجهاز
label-result = النتيجة
label-sampled-at = وقت أخذ العينة
label-result-at = وقت النتيجة
label-centre = المركز
label-first-positive = أول نتيجة إيجابية
label-valid = الصلاحية
label-valid-from = صالح من
label-valid-until = صالح حتى
label-counts-from = يُحتسب من
label-manufacturer = الشركة المصنّعة
label-batch = رقم التشغيلة
label-clinician = مقدّم الرعاية
label-authority = السلطة
label-product = المنتج
label-given-by = أُعطي من قِبل
label-next-dose = الجرعة التالية
label-pathogen = العامل الممرض
label-recovered-from = التعافي من
label-link-to = رابط إلى
label-link = الرابط
label-label = العنوان
label-passcode = رمز الدخول
