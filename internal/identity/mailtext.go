package identity

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"github.com/haat-market/haat/internal/platform/web"
)

// mailText is one mail in one language; %s in subject and opening is the market's name.
type mailText struct{ subject, opening, action, closing string }

// MailLanguages are those that mails are written in; the first is for everybody else.
var MailLanguages = []string{"en", "hi", "ne", "ar"}

// mailTexts has a text for every template in every language; a test looks.
var mailTexts = map[mailTemplate]map[string]mailText{
	mailActivate: {
		"en": {
			"Activate your account at %s", "Somebody, most likely you, signed up at %s with this address.",
			"To activate the account, open this link within two days:", "If it was not you, do nothing: without this link the account stays closed.",
		},
		"hi": {
			"%s पर अपना खाता सक्रिय करें", "किसी ने, संभवतः आपने ही, इस पते से %s पर खाता बनाया है।",
			"खाता सक्रिय करने के लिए यह लिंक दो दिन के भीतर खोलें:", "अगर यह आपने नहीं किया तो कुछ न करें: इस लिंक के बिना खाता बंद रहता है।",
		},
		"ne": {
			"%s मा आफ्नो खाता सक्रिय गर्नुहोस्", "कसैले, सम्भवतः तपाईंले नै, यो ठेगानाबाट %s मा खाता खोल्नुभएको छ।",
			"खाता सक्रिय गर्न दुई दिनभित्र यो लिंक खोल्नुहोस्:", "यो तपाईंले गर्नुभएको होइन भने केही नगर्नुहोस्: यो लिंकविना खाता बन्द रहन्छ।",
		},
		"ar": {
			"فعّل حسابك في %s", "سجّل شخص ما، وهو أنت على الأرجح، في %s بهذا العنوان.",
			"لتفعيل الحساب افتح هذا الرابط خلال يومين:", "إن لم تكن أنت فلا تفعل شيئًا: يبقى الحساب مغلقًا من دون هذا الرابط.",
		},
	},
	mailReset: {
		"en": {
			"A new password for %s", "Somebody, most likely you, asked for a new password at %s.",
			"To choose it, open this link within an hour:", "If it was not you, do nothing: your password stays as it is.",
		},
		"hi": {
			"%s के लिए नया पासवर्ड", "किसी ने, संभवतः आपने ही, %s पर नया पासवर्ड माँगा है।",
			"नया पासवर्ड चुनने के लिए यह लिंक एक घंटे के भीतर खोलें:", "अगर यह आपने नहीं किया तो कुछ न करें: आपका पासवर्ड वही रहेगा।",
		},
		"ne": {
			"%s का लागि नयाँ पासवर्ड", "कसैले, सम्भवतः तपाईंले नै, %s मा नयाँ पासवर्ड माग्नुभएको छ।",
			"नयाँ पासवर्ड छान्न एक घण्टाभित्र यो लिंक खोल्नुहोस्:", "यो तपाईंले गर्नुभएको होइन भने केही नगर्नुहोस्: तपाईंको पासवर्ड उही रहन्छ।",
		},
		"ar": {
			"كلمة سر جديدة في %s", "طلب شخص ما، وهو أنت على الأرجح، كلمة سر جديدة في %s.",
			"لاختيارها افتح هذا الرابط خلال ساعة:", "إن لم تكن أنت فلا تفعل شيئًا: تبقى كلمة سرك كما هي.",
		},
	},
	mailExists: {
		"en": {
			"You have an account at %s already", "Somebody, most likely you, tried to use this address for an account at %s. It has an account already.",
			"Sign in with your password, or ask for a new one if you have forgotten it.", "If it was not you, do nothing.",
		},
		"hi": {
			"%s पर आपका खाता पहले से है", "किसी ने, संभवतः आपने ही, %s पर इस पते से खाता बनाना चाहा। इस पते का खाता पहले से है।",
			"अपने पासवर्ड से साइन इन करें, या भूल गए हों तो नया माँगें।", "अगर यह आपने नहीं किया तो कुछ न करें।",
		},
		"ne": {
			"%s मा तपाईंको खाता पहिल्यै छ", "कसैले, सम्भवतः तपाईंले नै, %s मा यो ठेगानाबाट खाता बनाउन खोज्नुभयो। यो ठेगानाको खाता पहिल्यै छ।",
			"आफ्नो पासवर्डले साइन इन गर्नुहोस्, वा बिर्सनुभएको भए नयाँ माग्नुहोस्।", "यो तपाईंले गर्नुभएको होइन भने केही नगर्नुहोस्।",
		},
		"ar": {
			"لديك حساب في %s بالفعل", "حاول شخص ما، وهو أنت على الأرجح، استخدام هذا العنوان لحساب في %s، وله حساب بالفعل.",
			"سجّل الدخول بكلمة سرك، أو اطلب كلمة جديدة إن نسيتها.", "إن لم تكن أنت فلا تفعل شيئًا.",
		},
	},
	mailEmail: {
		"en": {
			"Confirm your new address at %s", "Somebody, most likely you, wants to use this address for an account at %s.",
			"To confirm it, open this link within a day:", "If it was not you, do nothing: without this link the account keeps its old address.",
		},
		"hi": {
			"%s पर अपने नए पते की पुष्टि करें", "कोई, संभवतः आप ही, %s के एक खाते के लिए यह पता रखना चाहता है।",
			"पुष्टि करने के लिए यह लिंक एक दिन के भीतर खोलें:", "अगर यह आपने नहीं किया तो कुछ न करें: इस लिंक के बिना खाते का पुराना पता रहेगा।",
		},
		"ne": {
			"%s मा आफ्नो नयाँ ठेगाना पुष्टि गर्नुहोस्", "कसैले, सम्भवतः तपाईंले नै, %s को एउटा खाताका लागि यो ठेगाना राख्न चाहनुभएको छ।",
			"पुष्टि गर्न एक दिनभित्र यो लिंक खोल्नुहोस्:", "यो तपाईंले गर्नुभएको होइन भने केही नगर्नुहोस्: यो लिंकविना खाताको पुरानै ठेगाना रहन्छ।",
		},
		"ar": {
			"أكّد عنوانك الجديد في %s", "يريد شخص ما، وهو أنت على الأرجح، استخدام هذا العنوان لحساب في %s.",
			"للتأكيد افتح هذا الرابط خلال يوم:", "إن لم تكن أنت فلا تفعل شيئًا: يحتفظ الحساب بعنوانه القديم من دون هذا الرابط.",
		},
	},
	mailEmailNotice: {
		"en": {
			"The address of your account at %s is to change", "Somebody who knows your password asked to give your account at %s another e-mail address.",
			"If it was you, follow the link that was sent to the new address.", "If it was not you, change your password now: then nothing changes.",
		},
		"hi": {
			"%s पर आपके खाते का पता बदलने वाला है", "आपका पासवर्ड जानने वाले किसी ने %s के आपके खाते का ई-मेल पता बदलने को कहा है।",
			"अगर यह आप थे तो नए पते पर भेजा गया लिंक खोलें।", "अगर यह आप नहीं थे तो अभी अपना पासवर्ड बदलें: तब कुछ नहीं बदलेगा।",
		},
		"ne": {
			"%s मा तपाईंको खाताको ठेगाना बदलिँदैछ", "तपाईंको पासवर्ड जान्ने कसैले %s को तपाईंको खातामा अर्को इमेल ठेगाना राख्न भनेको छ।",
			"यो तपाईं हो भने नयाँ ठेगानामा पठाइएको लिंक खोल्नुहोस्।", "यो तपाईं होइन भने अहिले नै पासवर्ड बदल्नुहोस्: त्यसपछि केही बदलिँदैन।",
		},
		"ar": {
			"عنوان حسابك في %s على وشك أن يتغيّر", "طلب شخص يعرف كلمة سرك تغيير عنوان البريد لحسابك في %s.",
			"إن كنت أنت فافتح الرابط المرسل إلى العنوان الجديد.", "إن لم تكن أنت فغيّر كلمة سرك الآن، وعندها لا يتغيّر شيء.",
		},
	},
}

// withoutURL stands before the bare token where the market has no public address.
var withoutURL = map[string]string{
	"en": "(this market has no public address; the code is)",
	"hi": "(इस बाज़ार का कोई सार्वजनिक पता नहीं है; कोड यह है)",
	"ne": "(यो बजारको सार्वजनिक ठेगाना छैन; कोड यो हो)",
	"ar": "(ليس لهذه السوق عنوان عام؛ الرمز هو)",
}

// MailLanguage is the language of mails to somebody who chose this one, in a market with those: the first that there
// are texts in.
func MailLanguage(chosen string, market []string) string {
	for _, tag := range slices.Concat([]string{chosen}, market) {
		base, _ := language.Make(tag).Base()
		if slices.Contains(MailLanguages, base.String()) {
			return base.String()
		}
	}
	return MailLanguages[0]
}

// checkLanguage refuses a language that is neither the market's nor one that mails are written in.
func checkLanguage(tag string, facts MarketFacts) error {
	if tag == "" || slices.Contains(facts.Languages, tag) || slices.Contains(MailLanguages, tag) {
		return nil
	}
	return web.ErrInvalid.Field("language", web.CodeInvalidValue, "Must be one of the market's languages, such as en.")
}

// links says where a template's link leads; others have none.
var links = map[mailTemplate]string{mailActivate: "/activate", mailReset: "/reset-password", mailEmail: "/confirm-email"}

// write gives a mail its words. The token stands behind the #, so that no server on the way writes it down.
func (s *Service) write(template mailTemplate, tag, market, token string) (subject, text string, err error) {
	t, ok := mailTexts[template][tag]
	if !ok {
		return "", "", fmt.Errorf("identity: no mail is called %q in %q", template, tag)
	}
	if market == "" {
		market = "Haat"
	}
	action := t.action
	if path := links[template]; path != "" {
		if s.url == "" {
			action += "\n\n    " + withoutURL[tag] + "\n    " + token
		} else {
			action += "\n\n    " + s.url + path + "#token=" + token
		}
	}
	opening := strings.ReplaceAll(t.opening, "%s", market)
	return strings.ReplaceAll(t.subject, "%s", market), strings.Join([]string{opening, action, t.closing}, "\n\n") + "\n", nil
}
