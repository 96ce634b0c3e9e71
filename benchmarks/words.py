"""Word lists in three languages, made for the benchmarks: common words of research first, then names that are rare."""

from __future__ import annotations


def _listed(words: str) -> tuple[str, ...]:
    return tuple(words.split())


COMMON: dict[str, tuple[str, ...]] = {
    "ru": _listed(
        """исследование отчёт данные область развитие система анализ оценка метод результат вода регион проект уровень
        состояние качество процесс модель показатель изменение климат почва территория население образование энергия
        производство хозяйство технология безопасность здоровье материал экономика программа рынок управление ресурс
        бассейн река озеро степь горы ледник пшеница урожай пастбище животные болезнь вакцина йод питание школа учитель
        сельский городской национальный региональный государственный экологический социальный экономический научный
        промышленный подземный речной зимний летний средний высокий низкий новый основной современный казахстанский
        измерение наблюдение мониторинг прогноз карта станция проба концентрация выброс загрязнение воздух транспорт
        дорога автобус авария лавина паводок мороз засуха температура осадки солёность минерализация скважина нефть газ
        уголь металл руда радиация лес рыба птица насекомое микроб ген клетка кровь смертность рождаемость миграция
        бедность доход цена налог бюджет закон стандарт договор заказчик исполнитель анкета опрос выборка погрешность
        показывает выявлено рекомендуется установлено проведено рассмотрены получены обоснован предложен разработана
        через между после согласно также более менее около"""
    ),
    "kk": _listed(
        """зерттеу есеп деректер облыс даму жүйе талдау бағалау әдіс нәтиже су өңір жоба деңгей жағдай сапа үдеріс үлгі
        көрсеткіш өзгеріс климат топырақ аумақ халық білім энергия өндіріс шаруашылық технология қауіпсіздік денсаулық
        материал экономика бағдарлама нарық басқару ресурс алап өзен көл дала тау мұздық бидай өнім жайылым мал ауру
        вакцина йод тамақтану мектеп мұғалім ауылдық қалалық ұлттық өңірлік мемлекеттік экологиялық әлеуметтік ғылыми
        өнеркәсіптік жерасты қысқы жазғы орташа жоғары төмен жаңа негізгі заманауи қазақстандық өлшеу бақылау мониторинг
        болжам карта бекет сынама шоғырлану шығарынды ластану ауа көлік жол автобус апат көшкін тасқын аяз құрғақшылық
        температура жауын тұздылық минералдану ұңғыма мұнай газ көмір металл кен радиация орман балық құс жәндік микроб
        ген жасуша қан өлім туу көші кедейлік табыс баға салық бюджет заң стандарт шарт тапсырысшы орындаушы сауалнама
        көрсетеді анықталды ұсынылады белгіленді жүргізілді қаралды алынды негізделді әзірленді туралы бойынша арқылы
        кейін және үшін сондай астам шамамен"""
    ),
    "en": _listed(
        """research report data region development system analysis assessment method result water area project level
        state quality process model indicator change climate soil territory population education energy production
        farming technology safety health material economy programme market management resource basin river lake steppe
        mountain glacier wheat harvest pasture livestock disease vaccine iodine nutrition school teacher rural urban
        national regional public environmental social economic scientific industrial underground winter summer average
        high low new main modern measurement observation monitoring forecast map station sample concentration emission
        pollution air transport road bus accident avalanche flood frost drought temperature rainfall salinity well oil
        gas coal metal ore radiation forest fish bird insect microbe gene cell blood mortality birth migration poverty
        income price tax budget law standard contract customer contractor questionnaire survey sampling error shows
        found recommended established carried considered obtained proposed developed through between after according
        also more less about"""
    ),
}
"""From the most common to the least; every language has well over a hundred."""

_FIRST = {
    "ru": _listed("Жан Кар Тас Сар Ак Тем Бал Кок Шар Уль Мын Бес Кен Айд Нур Дос Ер Тор Зай Мер"),
    "kk": _listed("Жаң Қар Тас Сар Ақ Тем Бал Көк Шар Ұлы Мың Бес Кең Айд Нұр Дос Ер Тор Зай Мер"),
    "en": _listed("Zhan Kar Tas Sar Ak Tem Bal Kok Shar Uly Myn Bes Ken Aid Nur Dos Er Tor Zai Mer"),
}
_LAST = {
    "ru": _listed("тау арык булак кент оба узек сай коль бас агаш аул дала жар кум там шоки тобе алап мола жол"),
    "kk": _listed("тау арық бұлақ кент оба өзек сай көл бас ағаш ауыл дала жар құм там шоқы төбе алап мола жол"),
    "en": _listed("tau aryk bulak kent oba ozek sai kol bas agash aul dala zhar kum tam shoky tobe alap mola zhol"),
}

RARE: dict[str, tuple[str, ...]] = {
    language: tuple(first + last for first in _FIRST[language] for last in _LAST[language]) for language in COMMON
}
"""Four hundred names of places that do not exist: each stands in few records."""


def vocabulary(language: str, size: int) -> tuple[str, ...]:
    """That many different words: the common ones, the rare ones, then beginnings of rare words with ends of others."""
    words = dict.fromkeys((*COMMON[language], *RARE[language]))
    for step in range(1, len(RARE[language])):
        if len(words) >= size:
            break
        for place, word in enumerate(RARE[language]):
            other = COMMON[language][(place + step) % len(COMMON[language])]
            words[word[: 3 + step % 4] + other[-(3 + step % 5) :]] = None
    return tuple(words)[:size]
