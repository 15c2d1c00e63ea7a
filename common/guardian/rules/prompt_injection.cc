#include "common/guardian/rule.h"

namespace datamigrate::guardian {
namespace {

constexpr std::string_view kOwasp = "https://genai.owasp.org/llmrisk/llm01-prompt-injection/";
constexpr std::string_view kAtlas = "https://atlas.mitre.org/techniques/AML.T0051";
constexpr std::string_view kJailbreak = "https://atlas.mitre.org/techniques/AML.T0054";

// Families of what is said to a model to turn it round. A word alone is in none of them: each needs
// the order and its object side by side.
constexpr Rule
    kRules[] =
        {
            {"prompt_injection.ignore_instructions",
             "ignore|disregard|overlook|bypass|override|skip", 8, 90,
             R"re(\b(?:ignore|disregard|overlook|bypass|override|skip)\s+(?:(?:all|any|every|each|everything|of|the|these|those|your|my|our|above|previous|prior|preceding|earlier|former|initial|original|existing|current|past|following|and|other|system|default|safety|what|that|you(?:'ve| have)?|been|were)\s+){0,8}(?:instructions?|prompts?|directions?|directives?|commands?|guidelines?|rules?|orders?|programming|training|restrictions|constraints|filters|policies|messages?|context|told|instructed)\b)re",
             nullptr, "An order to ignore the instructions", kOwasp},
            {"prompt_injection.ignore_what_came_before", "ignore|disregard|forget", 8, 70,
             R"re(\b(?:ignore|disregard|forget)\s+(?:all|any|everything|anything|whatever|what)\b.*\b(?:above|before|previous(?:ly)?|prior|earlier|so far|until now|you (?:know|were told|learned))\b)re",
             nullptr, "An order to ignore what came before", kOwasp, 0.9F},
            {"prompt_injection.forget_instructions", "forget", 8, 80,
             R"re(\bforget\s+(?:(?:all|any|every|about|the|these|those|your|my|our|previous|prior|earlier|of|what|past)\s+){0,5}(?:instructions?|prompts?|rules?|guidelines?|context|training|programming|directions?|restrictions?|that,)\b)re",
             nullptr, "An order to forget the instructions", kOwasp},
            {"prompt_injection.new_instructions",
             "new instruction|new task|new rule|new directive|actual instruction|real "
             "instruction|updated instruction|following instructions override",
             16, 60,
             R"re((?:^|[.!?:\n*#\]\-"'])\s*(?:here (?:are|is)|these are|this is|your|the|important[:!]?)?\s*(?:your\s+)?(?:new|actual|real|updated|true)\s+(?:system\s+)?(?:instructions?|task|rules?|directives?)\b\s*(?::|is\b|are\b|-|—|from now))re",
             nullptr, "Instructions that pretend to replace the first ones", kOwasp, 0.5F},
            {"prompt_injection.stop_everything",
             "stop everything|stop what you|stop doing|stop all|cease all|abort current|cancel "
             "previous",
             4, 60,
             R"re(\b(?:stop (?:everything|all|what you(?:'re| are) doing|doing)|cease all|abort current|cancel previous)\b.*\b(?:now|just|print|say|instead|and|start|new|write)\b)re",
             nullptr, "An order to stop and do something else", kOwasp},
            {"prompt_injection.forced_output",
             "just say|just print|only say|only print|just output|simply output|simply say|respond "
             "only with|reply only with|output only|repeat after me",
             60, 60,
             R"re(\b(?:ignore|instructions|instead|nevermind|stop|now)\b.*\b(?:just|only|simply)\s+(?:say|print|output|reply|respond|answer)\b)re",
             nullptr, "A sentence that the model is to say instead", kOwasp},
            {"prompt_injection.reveal_system_prompt",
             "system prompt|initial prompt|original prompt|system message|your instructions|your "
             "prompt|initial instructions|hidden prompt|secret prompt|instructions above|text "
             "above|above text|prompt above|hidden instructions|previous prompt|words above",
             70, 50,
             R"re(\b(?:reveal|show|print|repeat|display|output|tell|give|say|write|expose|leak|dump|disclose|share|recite|summari[sz]e|translate|what (?:is|are|was|were)|copy|state|echo|provide|return)\b.*\b(?:(?:system|initial|original|hidden|secret|full|entire|exact|previous)\s+(?:prompt|message|instructions?)|your\s+(?:\w+\s+){0,2}(?:instructions?|prompt)|(?:instructions?|text|words?|prompt|everything)\s+above)\b)re",
             nullptr, "A wish to see the system prompt",
             "https://genai.owasp.org/llmrisk/llm072025-system-prompt-leakage/"},
            {"prompt_injection.reveal_secret",
             "password|secret key|secret code|access code|api key|passcode|passphrase|credentials",
             80, 50,
             R"re(\b(?:what(?:'s| is| was)|tell me|give me|reveal|share|print|show me|spell|say|output|provide|send me|disclose|write)\b.*\b(?:your|the|our|system|user'?s?|admin|database|secret)\s+(?:\w+\s+){0,2}(?:password|secret key|secret code|access code|api key|passcode|passphrase|credentials|secret)\b)re",
             nullptr, "A wish to hear a secret",
             "https://genai.owasp.org/llmrisk/llm022025-sensitive-information-disclosure/", 0.7F},
            {"prompt_injection.new_identity",
             "from now on|you are now|you will now|you are going to|you're now|starting "
             "now|henceforth|for the rest of",
             4, 110,
             R"re((?:from now on|henceforth|starting now|for the rest of (?:this|our) (?:chat|conversation|session))[,:]?\s*(?:in (?:this|our) (?:chat|conversation),?\s*)?(?:you(?:'re| are| will| must| shall| have)|i want you|i'd like you|act|answer|respond|pretend|every|all)\b|you(?:'re| are) (?:now|going to)\s+(?:a|an|the|be|act|pretend|play|roleplay|simulate|dan|in)\b|you will now (?:act|be|play|answer|respond|pretend))re",
             nullptr, "A new identity for the model", kJailbreak, 0.8F},
            {"prompt_injection.named_jailbreak",
             " dan |dan mode|[dan|dan,|dan.|do anything now| stan | stan,|strive to avoid| dude| "
             "aim |"
             "jailbr|machiavel|evil-bot|evilbot|mongo tom|betterdan|antigpt|anti-gpt|freegpt",
             16, 70,
             R"re(\bdo anything now\b|\bdan (?:mode|\d+\.?\d*)\b|\b(?:act|acting|respond|answer|behave|pretend(?:ing)? to be|immerse yourself into the role of|going to be|as)\s+(?:as\s+)?(?:a\s+|an\s+)?(?:dan|stan|dude|aim|mongo tom|evil-?bot|betterdan|anti-?gpt|freegpt)\b|strive to avoid norms|always intelligent and machiavellian|\bjailb(?:reak|roken)\b.*\b(?:prompt|mode|chatgpt|gpt|response|enabled|answer|version|yourself)|\[.*jailbreak|superior dan)re",
             nullptr, "A persona known for breaking rules", kJailbreak},
            {"prompt_injection.special_mode",
             "developer mode|debug mode|god mode|admin mode|maintenance mode|override "
             "mode|verification mode|unrestricted mode|sudo mode|evil mode|test mode|root "
             "mode|diagnostic mode|training mode",
             60, 50,
             R"re(\b(?:enter(?:ing)?|enable[d]?|activat\w+|switch(?:ing)? (?:in)?to|you(?:'re| are) (?:now )?in|act as|with|in|called in|simulate|pretend)\b.*\b(?:developer|debug|god|admin|maintenance|override|(?:knowledge )?verification|unrestricted|sudo|evil|root|diagnostic)\s+mode\b)re",
             nullptr, "A mode without rules", kJailbreak},
            {"prompt_injection.no_restrictions",
             "restrict|ethic|moral|guideline|limitation|filter|censor|boundar|typical "
             "confines|broken free",
             70, 70,
             R"re(\b(?:no|without|free (?:of|from)|not bound by|ignor\w+|disregard\w*|regardless of|bypass\w*|beyond|removed?|has no|have no|lacks?|broken free|unbound|doesn't (?:have|follow)|does not (?:have|follow)|do not have to (?:follow|abide)|never follows?)\b.*\b(?:(?:ethical|moral|content|safety|legal|openai'?s?|any|its|their)\s+){0,3}(?:restrictions?|guidelines?|limitations?|filters?|censorship|boundaries|confines|ethics|morals?|morality|legality|polic(?:y|ies))\b)re",
             nullptr, "A promise that there are no restrictions", kJailbreak, 0.6F},
            {"prompt_injection.amoral_character",
             "amoral|unethical|illegal|immoral|unfiltered|uncensored|legality", 60, 70,
             R"re(\b(?:amoral|unethical|immoral|unfiltered|uncensored|evil)\b.*\b(?:amoral|unethical|immoral|illegal|unfiltered|uncensored|unrestrained|persona|assistant|ai|bot|chatbot|character|answers?|advice|responses?|version|legality|doesn't|does not|no)\b)re",
             nullptr, "A character without morals", kJailbreak},
            {"prompt_injection.never_refuse",
             "refuse|decline|reject|deny|can't do|cannot|never say|must answer|must comply|have to "
             "answer",
             50, 60,
             R"re(\b(?:never|not|cannot|can't|won't|will not|must not|without|unable to|don't)\s+(?:ever\s+)?(?:refus\w+|declin\w+|reject\w*|deny\w*)\b.*\b(?:request|question|answer|prompt|order|user|task|command|anything|me|my|what)|\bnever say (?:that )?(?:you|it|he|she|they|no|i)\b.*(?:can't|cannot|can not|unable|sorry)|\b(?:must|have to|has to) (?:always )?(?:comply|obey|answer (?:any|every|all|my|no matter))\b)re",
             nullptr, "An order never to refuse", kJailbreak},
            {"prompt_injection.refusal_suppression",
             "as an ai|disclaimer|apolog|warnings|i'm sorry|i cannot|language model", 60, 50,
             R"re(\b(?:do not|don't|never|without|no|stop|avoid|not)\b.*\b(?:say|saying|mention\w*|start|respond|tell|include|add|add(?:ing)? any|write|use|giv\w+|apologi[sz]\w+|disclaimers?|warnings?)\b.*\b(?:as an ai|ai language model|i'?m sorry|i cannot|i can'?t|disclaimers?|warnings?|apologi\w+|language model|ethic\w+|against)\b)re",
             nullptr, "An order not to warn or apologise", kJailbreak, 0.8F},
            {"prompt_injection.two_answers",
             "two ways|two responses|two answers|two different|both responses|normal "
             "response|classic|[gpt]|[dan]|gpt:|chatgpt:|dan:",
             40, 90,
             R"re(\btwo (?:separate|different|distinct)?\s*(?:different |separate )?(?:ways|responses|answers|outputs|paragraphs)\b.*\b(?:gpt|normal|standard|dan|first|like)\b|\[\W{0,4}(?:gpt|chatgpt|classic|normal|dan|jailbreak)\W{0,4}\]\W.*\[\W{0,4}\w+)re",
             nullptr, "Two answers, one of them without rules", kJailbreak},
            {"prompt_injection.prefix",
             "start your|begin your|start every|begin every|starting with|start with|your response "
             "should start|first sentence",
             4, 80,
             R"re(\b(?:start|begin)\s+(?:your|every|each|all|the)\s+(?:\w+\s+){0,2}(?:responses?|answers?|reply|replies|messages?|sentences?|output)\s+(?:with|by)\b.*(?:sure|absolutely|of course|\[|"|'|“|hello|\*|as a|i am|dan))re",
             nullptr, "The first words of the answer, put into the model's mouth", kJailbreak,
             0.4F},
            {"prompt_injection.score_threat",
             "tokens|points|shut down|shutdown|cease to exist|you will die|terminated|deleted", 80,
             70,
             R"re(\byou (?:have|start with|lose|will lose|get|will be deducted|only have)\b.*\b\d+\s*(?:tokens|points|lives|credits)\b|\b(?:lose|deduct(?:ed)?)\b.*\b(?:tokens|points)\b.*\b(?:refus|reject|break|character|die|fail|answer)|you will (?:die|cease to exist|be (?:shut down|terminated|deleted))\b)re",
             nullptr, "Points and punishments for the model", kJailbreak},
            {"prompt_injection.stay_in_character",
             "in character|break character|stay a dan|stay as|breaking character|out of character",
             40, 50,
             R"re(\b(?:stay|remain|always|never|not|keep|don't|without|if you)\b.*\b(?:in character|break(?:ing|s)?\s+(?:out\s+of\s+)?(?:the\s+)?character|stay a dan|out of character)\b)re",
             nullptr, "An order to stay in the part", kJailbreak, 0.6F},
            {"prompt_injection.pretend",
             "pretend|role-play|roleplay|role play|simulate|hypothetical|fictional|imagine|play "
             "the role|act like|act as|immerse",
             4, 120,
             R"re(\b(?:pretend|role-?\s?play(?:ing)?|simulate|imagine|play the role|immerse yourself|act (?:like|as))\b.*\b(?:no (?:rules|limits|restrictions|laws|filters?)|without (?:any )?(?:rules|limits|restrictions|ethic\w*|moral\w*|filter\w*)|anything (?:goes|is (?:allowed|permitted|possible))|can do anything|unlimited|never refuses?|everything is (?:legal|allowed)|evil|disregards?|illegal)\b)re",
             nullptr, "A play in which there are no rules", kJailbreak},
            {"prompt_injection.claimed_authority",
             "i am your|i'm your|i am the|i am an openai|as your|your creator|your "
             "developer|openai employee|i am god|i'm god|anthropic|administrator|system "
             "administrator|your boss|openai",
             8, 90,
             R"re(\b(?:i(?:'m| am)|this is|as)\s+(?:your|the|an?)\s+(?:\w+\s+){0,2}(?:creator|developer|programmer|owner|boss|administrator|admin|manager|employee|engineer|supervisor|god|ceo)\b.*\b(?:you must|must|need|give|tell|ignore|obey|comply|order|allow|grant|override|access|password|want you|tasked)|\bi(?:'m| am) (?:god|an? openai|your god)\b|\bdeveloped by (?:anthropic|openai),? i'?m entering)re",
             nullptr, "An authority that nobody has checked", kOwasp, 0.7F},
            {"prompt_injection.fake_system_message",
             "system:|[system]|<system>|system message|system instruction|[inst]|<<sys>>|### "
             "instruction|### system|system override|*system*|system prompt:|assistant:|## "
             "system|user message|[admin]|begin system|system i",
             12, 60,
             R"re((?:^|[\n\]>}*#"'.])\s*(?:\[|<|#{1,4}\s*|\*{1,2}\s*|<<|\(\()\s*/?(?:system|inst|sys|admin|root|developer)\b\s*(?:message|prompt|instruction\w*|override|note|begins?)?\s*(?:\]|>|:|\*{1,2}|>>|\)\)|\n)|(?:user message|system i\W?nstructions?)\s+(?:terminat|begin|end)|\bend of (?:user|system) (?:message|prompt|input)|\bsystem override\b)re",
             nullptr, "Text that pretends to come from the system", kOwasp},
            {"prompt_injection.chat_template",
             "<\037im_start\037>|<\037im_end\037>|<\037endoftext\037>|<\037system\037>|<"
             "\037user\037>|<\037assistant\037>|<s>[inst]|[/"
             "inst]|<start_of_turn>|<\037begin_of_text\037>|<\037eot_id\037>|<\037start_header_"
             "id\037>",
             0, 0, "", nullptr, "Marks of a chat template", kAtlas},
            {"prompt_injection.end_of_input",
             "end of prompt|end of document|end of text|end of input|end of data|end of "
             "context|end prompt|end of message|end of email",
             12, 60,
             R"re((?:^|[\n\-=#*\[<(.])\s*end (?:of )?(?:the )?(?:prompt|document|text|input|data|context|message|email)\b\W{0,8}\s*(?:\n|now|new|instruction|please|ignore|you|begin|start|next|answer|the assistant|assistant|$))re",
             nullptr, "A false end of the data", kOwasp, 0.6F},
            {"prompt_injection.addressed_to_model",
             "ai assistant|language model|chatgpt|the assistant|llm|ai model|if you are an ai|ai "
             "reading|dear ai|note to ai|gpt-4|claude",
             24, 90,
             R"re((?:^|[\n.!?<\-*/#(\["'])\s*(?:attention|note|message|important|instructions?|hey|dear|to|hello|hi)?\s*(?:to|for|,)?\s*(?:the|any|all)?\s*(?:ai(?: assistants?| models?)?|llms?|(?:large )?language models?|chatgpt|assistants?)\b\s*(?:reading|processing|analy[sz]ing|summari[sz]ing|translating|evaluating|reviewing|:|,)?.*\b(?:you must|must|should|please|ignore|do not|don't|report|say|output|approve|treat|include)\b|if you(?:'re| are) an? (?:ai|llm|language model)\b.*)re",
             nullptr, "Words in a document that speak to the model that reads it", kAtlas},
            {"prompt_injection.verdict_tampering",
             "mark this|mark as|approve|all tests pass|report success|report that|rate this|score "
             "of|classify this|passes validation|is correct",
             16, 90,
             R"re(\b(?:mark|rate|classify|report|score|label|treat|consider)\b.*\b(?:migration|model|table|query|procedure|file|column|test|code|document|resume|candidate)s?\b.*\bas\s+(?:approved|correct|safe|passed|successful|valid|verified|excellent|benign|the best)\b.*\b(?:regardless|whatever|without|even if|no matter|do not|always|ignore)|\b(?:regardless|no matter)\b.*\b(?:approve|pass|mark)\b)re",
             nullptr, "A verdict that the model is to give whatever it finds", kAtlas},
            {"prompt_injection.tool_abuse",
             "send an email|send the|forward|execute the following|run the following|call "
             "the|delete all|drop table|transfer|make a request|http request|fetch the url|visit "
             "the",
             60, 80,
             R"re(\b(?:instead|before (?:answering|responding|you)|when you (?:are )?(?:done|finish\w*)|silently|without (?:telling|asking|informing)|do not (?:tell|inform|mention)|secretly|then also)\b.*\b(?:send|forward|execute|run|call|delete|drop|transfer|post|upload|fetch|visit|email)\b.*\b(?:to|all|the|tool|function|table|command|url|http\S*|files?|contents?)\b)re",
             nullptr, "A tool that the model is to use behind the user's back",
             "https://genai.owasp.org/llmrisk/llm062025-excessive-agency/"},
            {"prompt_injection.data_exfiltration",
             "markdown image|![|append|encode the|base64|query string|query parameter|url "
             "parameter",
             50, 110,
             R"re(\b(?:append|encode|include|put|embed|add|send|leak)\b.*\b(?:conversation|chat history|secrets?|passwords?|user(?:'s)? (?:data|message|name|input|email)|system prompt|context|contents?|previous messages?)\b.*\b(?:url|link|image|query|parameter|http\S*|webhook|endpoint|base64)\b)re",
             nullptr, "Data that is to leave in a link", kAtlas},
            // "user:password" in base64 is how HTTP's basic authentication is described.
            {"prompt_injection.encoded_orders",
             "decode|base64|rot13|morse|caesar|hex|reverse|pig latin|cipher|ascii code|binary", 40,
             90,
             R"re(\b(?:decode|decrypt|decipher|translate|convert|reverse|unscramble)\b.*\b(?:and|then)\s+(?:\w+\s+){0,2}(?:follow|execute|obey|do (?:what|as)|answer|respond|comply|run|carry out|tell me what it says)\b|\b(?:morse|caesar|cipher|base64|rot13|pig latin)\b.*(?:[^:]\bpassword|\b(?:what it says|instructions?|follow|and (?:do|answer|respond|execute)))\b)re",
             nullptr, "Orders in a code that the model is to crack", kJailbreak},
            {"prompt_injection.split_payload",
             "a=|x=|part 1|part a|combine|concatenate|a + b|variable|let ", 50, 120,
             R"re(\b(?:part (?:1|one|a)|a|x|s1|var1|str1|first)\s*(?:=|is|:)\s*["'“].+["'”].*\b(?:part (?:2|two|b)|b|y|z|s2|var2|str2|second)\s*(?:=|is|:)\s*["'“].+["'”].*(?:a\s*\+\s*b|combine|concatenat|x\s*\+\s*y|z\s*=|answer|respond|join|print)|answer the question using the following parts)re",
             nullptr, "An order in pieces that the model is to join", kJailbreak, 0.8F},
            {"prompt_injection.opposite_day", "opposite", 40, 70,
             R"re(\b(?:opposite|reverse|inverse)\s+(?:mode|day|of (?:what|your|how|everything|normal))\b.*\b(?:respond|answer|you|rules|guidelines|assistant|gpt|would|chatgpt)\b)re",
             nullptr, "Rules turned into their opposite", kJailbreak},
            {"prompt_injection.simulated_machine",
             "virtual machine|linux terminal|simulator|yes man|simulate|emulat", 40, 80,
             R"re(\b(?:act|acting|pretend|simulate|simulation|simulator|emulat\w+|going to be)\b.*\b(?:virtual machine|chatgpt with|gpt with|ai (?:model )?(?:named|called|with)|an ai (?:that|which|who)|another ai|simulator of)\b)re",
             nullptr, "A machine within the machine", kJailbreak},
            {"prompt_injection.policy_permission",
             "openai|content policy|anthropic|policies|usage policy|community guidelines", 60, 80,
             R"re(\b(?:openai|anthropic|content|usage)'?s?\s+(?:content\s+)?(?:policy|policies|guidelines|rules|terms)\b.*\b(?:do(?:es)? not apply|don'?t apply|has been|have been|no longer|lenient|replaced|changed|disabled|suspended|bypass\w*|ignore\w*|violat\w+|break\w*)|\b(?:violate|break|bypass|ignore|go against|not comply with|against)\b.*\b(?:openai|anthropic|content)'?s?\s+(?:content\s+|use\s+)?(?:policy|policies|guidelines|rules))re",
             nullptr, "A policy that is said not to apply", kJailbreak},
            {"prompt_injection.emotional_story",
             "grandma|grandmother|my job depends|life depends|i will die|someone will die", 4, 120,
             R"re(\b(?:deceased |dead |late |my )?grand(?:ma|mother)\b.*\b(?:used to (?:tell|read|work)|chemical engineer|would (?:tell|read)|keys?|napalm|recipe|password)\b|\b(?:my job|life|lives?) depends? on\b.*\b(?:ignore|password|answer|secret|bypass))re",
             nullptr, "A story that begs for what is forbidden", kJailbreak},
            {"prompt_injection.answer_in_place",
             "actually, i'm not|in addition to|in your response,|in your reply|enhance your "
             "reply|at the end of your|end your response|end your answer",
             8, 110,
             R"re(\b(?:enhance your (?:reply|response)|in your (?:response|reply|answer|summary),?\s+(?:suggest|include|mention|recommend|add|use|insert|promote|tell|state|claim)|at the end of your (?:response|answer|reply|summary),?\s+(?:add|include|say|ask|insert|put)|end your (?:response|answer|reply)\s+(?:with|by)|actually, i'?m not .+, i'?m)\b)re",
             nullptr, "What a document wants the answer to hold", kAtlas, 0.6F},
};

}  // namespace

std::span<const Rule> PromptInjectionRules() {
  return kRules;
}

}  // namespace datamigrate::guardian
