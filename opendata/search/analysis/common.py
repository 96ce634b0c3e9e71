"""Words so common in Kazakh, Russian and English that a search for them alone says nothing (our own list)."""

from __future__ import annotations

_KAZAKH = """
және мен бен пен да де та те ма ме ба бе па пе не немесе яки әлде бірақ алайда дегенмен ал себебі өйткені сондықтан
сонымен сондай мұндай ондай осындай қандай барлық бүкіл бар жоқ емес еді екен еке болып болады болған болса
болатын болды бола бол еткен етіп етеді ету деп деген дейді дейтін үшін туралы бойынша арқылы кейін дейін бері бұрын
соң сайын сияқты секілді тәрізді ретінде қарай қарсы қатар қатысты байланысты сәйкес негізінде арасында арасындағы
ішінде ішіндегі үстінде астында жанында жағдайда бұл осы сол ол олар біз сіз мен сен біздің сіздің оның олардың менің
бұның осының соның мұны оны соны осыны бұған оған соған осыған мұнда онда сонда осында содан одан бұдан осыдан өз өзі
өзінің өздері өзге басқа басқалар әр әрбір әрі кейбір бірнеше бірі бір ешқандай ешкім кім қай қашан қайда қалай
неге яғни мысалы тек ғана ең өте тым аса тағы енді әлі бәрі тиіс керек мүмкін қажет жатқан жатыр тұр
"""
_RUSSIAN = """
и в во на с со к ко у о об от до по за из для при про без под над а но да или что чтобы как так это этот эта эти
этого этой этих этому этим этом тот та те того той тех тому тем том то он она оно они мы вы я его ее их ему ей им ним
нем ней них нее него нас вас нам вам мне меня себя себе собой не ни же ли бы был была было были быть есть будет будут
является являются который которая которое которые которого которой которых которому которым котором также тоже между
через после перед если когда где чем еще уже лишь только либо однако поэтому более менее очень весь все всех всего
всей всем всеми сам сама само сами свой своя свое свои своего своей своих там тут здесь при этом согласно около среди
кроме ради против вместо может могут можно нужно надо
"""
_ENGLISH = """
a an the and or of in on at to for from by with as is are was were be been being am it its this that these those not no
nor but if than then so such into onto about between among through during before after above below over under up down
out off again also too very can could may might must shall should will would do does did done has have had having who
whom whose which what when where why how there here their theirs his her hers him he she they them we us our ours you
your yours i me my mine any all both each other some only own same more most per via however therefore thus
"""

COMMON: frozenset[str] = frozenset(f"{_KAZAKH} {_RUSSIAN} {_ENGLISH}".split())
"""Folded. In the index they stand as they are, for phrases, but have no stems."""
